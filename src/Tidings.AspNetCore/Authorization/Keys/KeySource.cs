namespace Tidings;

/// <summary>Where the keys of one issuer for one purpose are at any moment. Safe for use from several threads.</summary>
internal abstract class KeySource
{
    /// <summary>The keys that are trusted now.</summary>
    public abstract KeySet Current { get; }

    /// <summary>Called for a token that names a key that is not there: the issuer may have a new one. Returns when asking again makes sense.</summary>
    public virtual ValueTask LookAgainAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>Keys that the settings hold, and that change only with them.</summary>
internal sealed class FixedKeys(KeySet keys) : KeySource
{
    public override KeySet Current => keys;
}
