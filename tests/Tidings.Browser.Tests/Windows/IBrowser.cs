namespace Tidings.Browser.Tests;

/// <summary>A browser: one process for all tests, started when the first of them needs it.</summary>
public interface IBrowser
{
    /// <summary>Which one.</summary>
    BrowserKind Kind { get; }

    /// <summary>Opens a profile of its own, which nothing of another reaches.</summary>
    /// <param name="acceptsAnyCertificate">Whether certificates that nobody has signed are good enough.</param>
    Task<BrowserProfile> NewProfileAsync(bool acceptsAnyCertificate = false);
}
