using System.Diagnostics;
using System.Globalization;

namespace PidFdProcess.Tests.Dummy;

/// <summary>Prints what calls answer, one line a call, also if a call hangs.</summary>
internal static class Answers
{
    public static void Print(string name, object? answer) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} -> {answer}"));

    /// <summary>Prints what the call returned or the type of what it threw. A call that takes longer than the limit counts as hanging.</summary>
    public static void Ask(string name, Func<object?> call, TimeSpan limit) => Print(name, AnswerOf(call, limit, out _));

    /// <summary>As <see cref="Ask"/>, and prints whether the call ended between two times.</summary>
    public static void AskInTime(string name, Func<object?> call, TimeSpan earliest, TimeSpan latest)
    {
        string? answer = AnswerOf(call, latest, out TimeSpan elapsed);
        Print(name, elapsed < earliest ? $"{answer}, too early" : answer);
    }

    /// <summary>Runs the action on a thread of its own, because the pool may be what is tested.</summary>
    public static Task OnOwnThread(Action action) => Task.Factory.StartNew(
        action, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    private static string? AnswerOf(Func<object?> call, TimeSpan limit, out TimeSpan elapsed)
    {
        string? answer = null;
        Thread thread = new(() =>
        {
            try
            {
                answer = Convert.ToString(call(), CultureInfo.InvariantCulture);
            }
            catch (OperationCanceledException)
            {
                answer = nameof(OperationCanceledException);
            }
            catch (Exception e)
            {
                answer = e.GetType().Name;
            }
        })
        { IsBackground = true };
        long start = Stopwatch.GetTimestamp();
        thread.Start();
        bool hasEnded = thread.Join(limit);
        elapsed = Stopwatch.GetElapsedTime(start);
        return hasEnded ? answer : "hangs";
    }
}
