using Xunit.v3;

namespace Tidings.Browser.Tests;

/// <summary>
/// Tests that only <c>./test --long</c> runs: those of a page's own logic and looks once more, in the second browser. What is the browser's own (streams and how they come back, cookies,
/// origins, certificates, locks, channels, the life of a page), and that every page opens, is tested in both always.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class LongFormAttribute : Attribute, ITraitAttribute
{
    /// <inheritdoc />
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Form", "Long")];
}
