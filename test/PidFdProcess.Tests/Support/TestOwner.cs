using PidFdProcess.Handles;

namespace PidFdProcess.Tests.Support;

/// <summary>The owner of handles that a test makes without a registry.</summary>
internal sealed class TestOwner(PidFdPlatform platform) : IWaitOwner
{
    public PidFdPlatform Platform => platform;

    public bool IsDisposed => false;

    public int Ends => 0;
}
