using System.ComponentModel;
using System.Diagnostics;
using PidFdProcess.Scopes;

namespace PidFdProcess;

/// <summary>Owns processes and stops all of them together. When the program ends, the scope kills the processes that it still has.</summary>
/// <remarks>
/// <para>
/// All members are thread-safe. A process that ends by itself leaves the scope at once. The scope owns the run that an object had when it was added,
/// even if the object is closed or restarted later. If there is no pidfd, the scope gives up the process then, because it would have the PID alone.
/// It does not dispose the objects.
/// </para>
/// <para>
/// A scope that is not disposed kills its processes and their descendants when the program ends. It does so in
/// <see cref="AppDomain.ProcessExit"/>, in <see cref="AppDomain.UnhandledException"/>, and at SIGTERM on Linux. Up to .NET 9, the runtime raises
/// ProcessExit at SIGTERM. From .NET 10 on, SIGTERM would end the program without any event. The library then handles SIGTERM while a scope has
/// processes, if the program has no handler when the first process is added. The library kills nothing if a handler that the program adds later
/// cancels the signal. If the program has handled SIGTERM before, that handler alone decides.
/// </para>
/// <para>
/// The processes are left running if this program is killed, calls <see cref="Environment.FailFast(string)"/>, or is ended by SIGINT or SIGHUP. For
/// these cases see <see cref="ProcessScopeOptions.KillOnParentExit"/> and <see cref="ProcessScopeOptions.ForwardSignals"/>.
/// </para>
/// </remarks>
public sealed class ProcessScope : IDisposable, IAsyncDisposable
{
    private readonly ScopeMembers _members;
    private readonly SharedStop _stop;
    private readonly ScopeSignals? _signals;

    /// <summary>Initializes a scope with the default options.</summary>
    public ProcessScope()
        : this(new ProcessScopeOptions())
    {
    }

    /// <summary>Initializes a scope.</summary>
    /// <param name="options">How to start and stop the processes.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The grace period is less than -1 ms or more than <see cref="int.MaxValue"/> ms, or no signal has the number.
    /// </exception>
    /// <exception cref="IOException">A signal of <see cref="ProcessScopeOptions.ForwardSignals"/> cannot be handled, for example SIGKILL.</exception>
    public ProcessScope(ProcessScopeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _members = new ScopeMembers(options.Registry.Runs, ScopePlan.Of(options));
        _stop = new SharedStop(_members);
        _signals = options.ForwardSignals.Count > 0 ? new ScopeSignals(_stop, options.ForwardSignals) : null;
    }

    /// <summary>Gets the processes of the scope that have not ended.</summary>
    public IReadOnlyCollection<Process> Processes => _members.Processes;

    /// <summary>Gets how many processes the scope keeps in memory, for tests.</summary>
    internal int MemberCount => _members.Count;

    /// <summary>Starts a process in the scope.</summary>
    /// <param name="startInfo">What to start.</param>
    /// <returns>The process. The caller disposes it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="startInfo"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The scope was stopped, or the scope or its registry was disposed.</exception>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    /// <exception cref="InvalidOperationException">
    /// No file name is given, both forms of arguments are given, or the options do not allow <see cref="ProcessStartInfo.UseShellExecute"/>,
    /// which is on.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The options need Linux, or a tool that is missing (<c>setpriv(1)</c>, <c>env(1)</c>, <c>setsid(1)</c> or <c>bash(1)</c>). The message names
    /// the package of the tool.
    /// </exception>
    /// <remarks><inheritdoc cref="Add" path="/remarks"/></remarks>
    public Process Start(ProcessStartInfo startInfo)
    {
        ObjectDisposedException.ThrowIf(_members.IsClosed, this);
        _members.Runs.ThrowIfDisposed();

        // Before the start, so that the program does not end between the start and the registration of the process.
        _members.BeginStart();
        try
        {
            Process process = StartOwned(startInfo);
            _members.EndStart();
            return process;
        }
        catch
        {
            // Not in a finally block, which runs after the event for an unhandled exception. That event waits for starts.
            _members.EndStart();
            throw;
        }
    }

    /// <summary>Adds a process to the scope, which may be a child or a non-child.</summary>
    /// <param name="process">The process. The scope owns the run that the object has now.</param>
    /// <exception cref="ArgumentNullException"><paramref name="process"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The object has no process, or it is the calling process.</exception>
    /// <exception cref="ObjectDisposedException">The scope was stopped, or the scope or its registry was disposed. The process goes on.</exception>
    /// <remarks>
    /// If there is no pidfd, the scope turns <see cref="Process.EnableRaisingEvents"/> on, because it waits for <see cref="Process.Exited"/>.
    /// </remarks>
    public void Add(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (process.Id == Environment.ProcessId)
        {
            throw new InvalidOperationException("A program cannot own itself.");
        }

        ObjectDisposedException.ThrowIf(!_members.TryAdd(process), this);
    }

    /// <summary>
    /// Signals all processes, and waits for them for at most the grace period. Then kills the processes that are left, and waits for at most 0.8 s.
    /// The scope accepts no more processes.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the wait. If no other caller waits and the stop has not begun to kill, the stop ends, too, and kills no process. The next call begins a
    /// new stop, which sends the signal again and waits for the full grace period. A stop that has begun to kill goes on, and the next call returns
    /// its result.
    /// </param>
    /// <returns>How each process ended, and which processes are alive. Further calls return the same result.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled. The exception is stored into the task.</exception>
    /// <remarks>
    /// One thread stops all processes. SIGCONT follows the signal, so that a stopped process runs its handler. If one process may not be signalled,
    /// the others are stopped nevertheless. Without pidfds the stop goes by PID and leaves out a PID that gets another start
    /// time during the stop.
    /// </remarks>
    public Task<ProcessScopeResult> StopAsync(CancellationToken cancellationToken = default) => _stop.WaitAsync(cancellationToken);

    /// <summary>Stops all processes as <see cref="StopAsync"/> does, and blocks until the stop ends. Needs no thread of the pool.</summary>
    /// <remarks>
    /// The method does not throw if processes survive. The event source <c>PidFdProcess</c> names them, and tells whether others may be alive.
    /// </remarks>
    public void Dispose()
    {
        try
        {
            _stop.Wait();
        }
        finally
        {
            _signals?.Dispose();
        }
    }

    /// <summary>Stops all processes as <see cref="StopAsync"/> does.</summary>
    /// <returns>A task that ends with the stop.</returns>
    /// <remarks><inheritdoc cref="Dispose" path="/remarks"/></remarks>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _stop.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _signals?.Dispose();
        }
    }

    private Process StartOwned(ProcessStartInfo startInfo)
    {
        Process process = ToolStart.Start(startInfo, _members.Plan.KillOnParentExit, _members.Plan.NewSession);
        bool isOwned = false;
        try
        {
            isOwned = _members.TryAdd(process, leadsSession: _members.Plan.NewSession);
        }
        finally
        {
            if (!isOwned)
            {
                Discard(process);
            }
        }

        return isOwned
            ? process
            : throw new ObjectDisposedException(nameof(ProcessScope), "The scope was stopped during the start. The process was killed.");
    }

    /// <summary>Kills a process that the caller does not get.</summary>
    private static void Discard(Process process)
    {
        using (process)
        {
            // Through the default registry, because the registry of the scope may be disposed.
            process.KillViaPidFd(entireProcessTree: true);
        }
    }
}
