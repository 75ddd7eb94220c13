namespace PidFdProcess.Benchmarks.Work;

/// <summary>Keeps the processors busy until the end of stdin.</summary>
internal static class Spinning
{
    private static volatile bool s_isEnded;

    public static void Run(int threads)
    {
        for (int i = 0; i < threads; i++)
        {
            new Thread(static () =>
            {
                while (!s_isEnded)
                {
                }
            }) { IsBackground = true }.Start();
        }

        Console.Out.WriteLine("spinning");
        Console.In.ReadToEnd();
        s_isEnded = true;
    }
}
