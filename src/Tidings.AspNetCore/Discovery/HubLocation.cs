using Microsoft.Extensions.Options;

namespace Tidings;

/// <summary>Where the hub of this app is, as far as the app itself knows.</summary>
internal sealed class HubLocation(IOptions<TidingsOptions> options)
{
    /// <summary>Where the hub was mapped; null if the app has none of its own.</summary>
    public string? Path { get; private set; }

    /// <summary>The hub's URL, as clients know it or, without that, relative to the app; null if the app has no hub.</summary>
    public string? Url => options.Value.PublicUrl?.AbsoluteUri ?? Path;

    /// <summary>Notes where a hub was mapped; the first one counts.</summary>
    public void MappedAt(string path) => Path ??= path;
}
