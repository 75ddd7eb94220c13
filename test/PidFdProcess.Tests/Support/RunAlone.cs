using System.Security.Cryptography;
using System.Text;

namespace PidFdProcess.Tests.Support;

/// <summary>
/// Lets the test projects run one after the other. <c>dotnet test</c> starts them together, and each measures times, forces PIDs or builds.
/// </summary>
[TestClass]
public static class RunAlone
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private static FileStream? s_lock;

    [AssemblyInitialize]
    public static void TakeTurn(TestContext _)
    {
        if (RepositoryFiles.Find() is not { } root)
        {
            return;
        }

        string key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..16];
        string file = Path.Combine(Path.GetTempPath(), $"pidfdprocess-tests-{Environment.UserName}-{key}.lock");
        while (s_lock is null)
        {
            try
            {
                s_lock = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                // The other project holds it until its process ends. There is no event to wait for.
                Thread.Sleep(s_look);
            }
        }
    }
}
