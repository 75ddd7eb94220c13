using PidRun;

namespace PidFdProcess.Tests.Samples;

[TestClass]
public sealed class PidRunDurationTests
{
    [TestMethod]
    [DataRow("10s", 10_000)]
    [DataRow("500ms", 500)]
    [DataRow("2m", 120_000)]
    [DataRow("1h", 3_600_000)]
    [DataRow("1d", 86_400_000)]
    [DataRow("3", 3_000)]
    [DataRow("1.5", 1_500)]
    [DataRow(".5s", 500)]
    [DataRow("0.0001", 1)]
    [DataRow("0", -1)]
    [DataRow("0m", -1)]
    public void TryParse_OfADurationThatTimeoutTakes_ReadsIt(string text, int milliseconds)
    {
        Assert.IsTrue(Duration.TryParse(text, out TimeSpan duration));
        Assert.AreEqual(milliseconds, duration.TotalMilliseconds);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("s")]
    [DataRow("-1")]
    [DataRow("+1")]
    [DataRow("1 s")]
    [DataRow("1S")]
    [DataRow("1,5")]
    [DataRow("1e3")]
    [DataRow("25d")]
    [DataRow("NaN")]
    [DataRow("Infinity")]
    [DataRow(null)]
    public void TryParse_OfOtherText_Fails(string? text) => Assert.IsFalse(Duration.TryParse(text, out _));
}
