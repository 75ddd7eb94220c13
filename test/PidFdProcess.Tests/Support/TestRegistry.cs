using PidFdProcess.Attachments;
using PidFdProcess.Handles;

namespace PidFdProcess.Tests.Support;

/// <summary>Registries on a platform of the test's own, for example with a mocked kernel.</summary>
internal static class TestRegistry
{
    public static ProcessHandleRegistry On(PidFdPlatform platform) => new(new AttachmentTable(platform, PidFdSupport.DisabledByOperator()));
}
