using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace PidFdProcess.Scopes;

// Overview
//
// Starts the children that end with this program on one thread.
//
// Constraints: The kernel sends the parent-death signal when the thread that started the child ends, even if its process goes on. A pool thread ends
// after it has been idle for some time.

/// <summary>Starts children with a parent-death signal on one thread, which lives as long as the program.</summary>
internal static class StarterThread
{
    private static readonly object s_gate = new();
    private static readonly Queue<Request> s_requests = [];
    private static bool s_isRunning;

    public static Process Start(ProcessStartInfo startInfo)
    {
        Request request = new(startInfo);
        lock (s_gate)
        {
            if (!s_isRunning)
            {
                // The request is queued after the thread has started. Otherwise a later call would start the process of a call that has failed here.
                // A foreground thread would keep the program from ending.
                new Thread(Run) { IsBackground = true, Name = "PidFdProcess starter" }.UnsafeStart();
                s_isRunning = true;
            }

            s_requests.Enqueue(request);
            Monitor.PulseAll(s_gate);
            try
            {
                while (!request.IsDone)
                {
                    Monitor.Wait(s_gate);
                }
            }
            catch (ThreadInterruptedException)
            {
                // No caller owns the process, so the other thread ends it.
                request.IsAbandoned = true;
                TryKill(request.Process);
                throw;
            }
        }

        request.Error?.Throw();
        return request.Process!;
    }

    /// <summary>Kills a process that no caller owns, if there is one and this program may kill it.</summary>
    internal static void TryKill(Process? process)
    {
        try
        {
            process?.Kill();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            // A program with the set-user-ID bit may refuse the signal. An exception would end this program if it left the starter thread. On the
            // thread of the caller it would replace the interruption.
        }
    }

    private static void Run()
    {
        for (;;)
        {
            Request? request;
            lock (s_gate)
            {
                while (!s_requests.TryDequeue(out request))
                {
                    Monitor.Wait(s_gate);
                }
            }

            try
            {
                request.Process = Process.Start(request.StartInfo);
            }
            catch (Exception e)
            {
                request.Error = ExceptionDispatchInfo.Capture(e);
            }

            lock (s_gate)
            {
                request.IsDone = true;
                if (request.IsAbandoned)
                {
                    TryKill(request.Process);
                }

                Monitor.PulseAll(s_gate);
            }
        }
    }

    private sealed class Request(ProcessStartInfo startInfo)
    {
        public ProcessStartInfo StartInfo { get; } = startInfo;

        public Process? Process { get; set; }

        public ExceptionDispatchInfo? Error { get; set; }

        public bool IsDone { get; set; }

        /// <summary>Gets or sets whether the caller was interrupted during the start.</summary>
        public bool IsAbandoned { get; set; }
    }
}
