using System.Runtime.CompilerServices;
using PidFdProcess.Shared;

namespace PidFdProcess.Conformance;

/// <summary>Assertions without a test framework, because the program has to run where there is none.</summary>
internal static class Check
{
    /// <summary>No wait of a healthy library takes this long, even on an emulated processor.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static void That(bool condition, [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!condition)
        {
            throw new CheckException($"not so: {text}");
        }
    }

    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string? text = null)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new CheckException($"{text} is {Show(actual)}, not {Show(expected)}");
        }
    }

    public static T Throws<T>(Action action, [CallerArgumentExpression(nameof(action))] string? text = null)
        where T : Exception
    {
        try
        {
            action();
        }
        catch (T e)
        {
            return e;
        }

        throw new CheckException($"{text} did not throw {typeof(T).Name}");
    }

    public static async Task<T> ThrowsAsync<T>(Task task, [CallerArgumentExpression(nameof(task))] string? text = null)
        where T : Exception
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (T e)
        {
            return e;
        }

        throw new CheckException($"{text} did not throw {typeof(T).Name}");
    }

    /// <summary>Waits for what another thread or process brings about.</summary>
    public static void Eventually(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string? text = null)
    {
        if (!Condition.TryWaitFor(condition, Limit))
        {
            throw new CheckException($"not within {Limit.TotalSeconds} s: {text}");
        }
    }

    private static string Show<T>(T value) => value?.ToString() ?? "null";
}
