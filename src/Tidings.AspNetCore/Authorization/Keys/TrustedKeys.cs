namespace Tidings;

/// <summary>
/// The keys that are trusted for one kind of token: those of one issuer, or those of protocol 0.x. Keys of different issuers never meet.
/// </summary>
/// <param name="Owner">Whose keys these are; part of the name of the trust in each.</param>
/// <param name="Publisher">The keys of tokens that may publish; null for none.</param>
/// <param name="Subscriber">The keys of tokens that may subscribe; the same source as <paramref name="Publisher"/> when one key is for both.</param>
internal sealed record TrustedKeys(string Owner, KeySource? Publisher, KeySource? Subscriber)
{
    private IEnumerable<KeySource> Sources => new[] { Publisher, Subscriber }.OfType<KeySource>().Distinct();

    /// <summary>
    /// Says who signed the token: what its key may grant, and the name of the trust in it. <see cref="TopicActions.None"/>: nobody who is trusted.
    /// </summary>
    public async ValueTask<(TopicActions Actions, string Trust)> VerifyAsync(CompactJws jws, CancellationToken cancellationToken)
    {
        (TopicActions Actions, string Trust) signer = Verify(jws);
        if (signer.Actions == TopicActions.None && Sources.Any(source => !source.Current.Knows(jws)))
        {
            foreach (KeySource source in Sources)
            {
                if (!source.Current.Knows(jws))
                {
                    await source.LookAgainAsync(cancellationToken);
                }
            }

            signer = Verify(jws);
        }

        return signer;
    }

    /// <summary>The names of the trust in each key that is trusted now.</summary>
    public IEnumerable<string> Trusts()
    {
        foreach (VerificationKey key in Publisher?.Current.Keys ?? [])
        {
            yield return TrustIn(key, TopicActions.Publish);
        }

        foreach (VerificationKey key in Subscriber?.Current.Keys ?? [])
        {
            yield return TrustIn(key, TopicActions.Subscribe);
        }
    }

    private (TopicActions Actions, string Trust) Verify(CompactJws jws)
    {
        VerificationKey? publisher = Publisher?.Current.SignerOf(jws);
        VerificationKey? subscriber = ReferenceEquals(Publisher, Subscriber) ? publisher : Subscriber?.Current.SignerOf(jws);
        return (publisher, subscriber) switch
        {
            (null, null) => (TopicActions.None, ""),
            (_, { } key) => (publisher is null ? TopicActions.Subscribe : TopicActions.Publish | TopicActions.Subscribe, TrustIn(key, TopicActions.Subscribe)),
            ({ } key, null) => (TopicActions.Publish, TrustIn(key, TopicActions.Publish)),
        };
    }

    // A stream lives on the right to subscribe, if there is one: that trust is the one to watch.
    private string TrustIn(VerificationKey key, TopicActions action) => $"{action}:{key.Fingerprint}:{Owner}";
}
