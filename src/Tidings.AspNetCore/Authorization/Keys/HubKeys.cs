using System.Collections.Frozen;

namespace Tidings;

/// <summary>An issuer of protocol 1.0 that is trusted.</summary>
internal sealed record TrustedIssuer(string Audience, TrustedKeys Keys);

/// <summary>Everybody whose tokens are taken, by the settings of one moment. Immutable but for the keys that are fetched.</summary>
internal sealed class HubKeys
{
    private HubKeys(FrozenDictionary<string, TrustedIssuer> issuers, TrustedKeys? legacy, IReadOnlyDictionary<string, PublishedKeys> published, MatcherReader matchers)
    {
        Matchers = matchers;
        Issuers = issuers;
        Legacy = legacy;
        Published = published;
    }

    /// <summary>By identifier.</summary>
    public FrozenDictionary<string, TrustedIssuer> Issuers { get; }

    /// <summary>The keys of protocol 0.x; null if such tokens are not taken.</summary>
    public TrustedKeys? Legacy { get; }

    /// <summary>The keys that have to be fetched, by their settings.</summary>
    public IReadOnlyDictionary<string, PublishedKeys> Published { get; }

    /// <summary>Reads the matchers of tokens.</summary>
    public MatcherReader Matchers { get; }

    /// <summary>Whether any token can be valid.</summary>
    public bool Any => Legacy is not null || Issuers.Count > 0;

    /// <summary>The names of all trust there is now.</summary>
    public IEnumerable<string> Trusts() => Issuers.Values.Select(issuer => issuer.Keys).Append(Legacy).OfType<TrustedKeys>().SelectMany(keys => keys.Trusts());

    /// <summary>Reads everything that the settings name; each complaint names its setting.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="rule">Whether guessable secrets are allowed.</param>
    /// <param name="publish">Makes a source of published keys of the given settings, or finds the one that is in use already.</param>
    /// <param name="complaints">What is wrong; nothing may be used if there is any.</param>
    public static HubKeys Read(
        HubAuthorizationOptions options, SecretRule rule, Func<string, Uri, IReadOnlyList<SignatureAlgorithm>, PublishedKeys> publish, out IReadOnlyList<string> complaints)
    {
        var reading = new Reading(rule, publish);
        var issuers = new Dictionary<string, TrustedIssuer>(StringComparer.Ordinal);
        for (int i = 0; i < options.Issuers.Count; i++)
        {
            string name = $"{TidingsOptions.SectionName}:{nameof(options.Issuers)}:{i}";
            IssuerOptions issuer = options.Issuers[i];
            string? audience = issuer.Audience ?? options.PublicUrl?.OriginalString;
            if (string.IsNullOrEmpty(issuer.Identifier))
            {
                reading.Complaints.Add($"{name}:{nameof(issuer.Identifier)} is missing; set it to what the issuer's tokens have as \"iss\".");
            }
            else if (string.IsNullOrEmpty(audience))
            {
                reading.Complaints.Add($"{name}:{nameof(issuer.Audience)} is missing; set it, or Tidings:{nameof(options.PublicUrl)}, to what the issuer's tokens have as \"aud\".");
            }
            else if (reading.Issuer(name, issuer) is { } keys && !issuers.TryAdd(issuer.Identifier, new TrustedIssuer(audience, keys)))
            {
                reading.Complaints.Add($"{name}:{nameof(issuer.Identifier)} is {issuer.Identifier}, as that of another issuer.");
            }
        }

        TrustedKeys? legacy = reading.Pair(
            $"{TidingsOptions.SectionName}:{nameof(options.Legacy)}", owner: "", options.Legacy.Publisher, options.Legacy.Subscriber);
        complaints = reading.Complaints;
        return new HubKeys(issuers.ToFrozenDictionary(StringComparer.Ordinal), legacy, reading.Published, new MatcherReader(options.PublicUrl));
    }

    private sealed class Reading(SecretRule rule, Func<string, Uri, IReadOnlyList<SignatureAlgorithm>, PublishedKeys> publish)
    {
        public List<string> Complaints { get; } = [];

        public Dictionary<string, PublishedKeys> Published { get; } = new(StringComparer.Ordinal);

        public TrustedKeys? Issuer(string name, IssuerOptions options)
        {
            bool isApart = options.Publisher is not null || options.Subscriber is not null;
            if (isApart == options.Keys is not null)
            {
                Complaints.Add($"{name} needs either {nameof(options.Keys)} for all of its tokens, or {nameof(options.Publisher)} and {nameof(options.Subscriber)} keys.");
                return null;
            }

            if (isApart)
            {
                return Pair(name, options.Identifier!, options.Publisher, options.Subscriber); // the caller has checked it
            }

            return Source($"{name}:{nameof(options.Keys)}", options.Keys) is { } source ? new TrustedKeys(options.Identifier!, source, source) : null; // as above
        }

        public TrustedKeys? Pair(string name, string owner, TokenKeyOptions? publisher, TokenKeyOptions? subscriber)
        {
            KeySource? publisherKeys = Source($"{name}:Publisher", publisher);
            KeySource? subscriberKeys = Source($"{name}:Subscriber", subscriber);
            return publisherKeys is null && subscriberKeys is null ? null : new TrustedKeys(owner, publisherKeys, subscriberKeys);
        }

        private KeySource? Source(string name, TokenKeyOptions? options)
        {
            if (options is null)
            {
                return null;
            }

            if ((KeyReader.ChoiceComplaint(options) ?? UrlComplaint(options.JwksUrl)) is { } complaint)
            {
                Complaints.Add($"{name} {complaint}");
                return null;
            }

            try
            {
                return options.JwksUrl is { } url ? Fetched(url, options) : new FixedKeys(new KeySet(KeyReader.Read(options, rule)));
            }
            catch (KeyException unusable)
            {
                Complaints.Add($"{name} {unusable.Message}");
                return null;
            }
        }

        private string? UrlComplaint(Uri? url) =>
            url is null || (url.IsAbsoluteUri && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && rule == SecretRule.Any)))
                ? null
                : $"has the {nameof(TokenKeyOptions.JwksUrl)} {url}; it must begin with https://, so that nobody on the way can replace the keys.";

        private PublishedKeys Fetched(Uri url, TokenKeyOptions options)
        {
            IReadOnlyList<SignatureAlgorithm> algorithms = AlgorithmList.Parse(options.Algorithms);
            if (algorithms.FirstOrDefault(algorithm => algorithm.Family == SignatureFamily.Hmac) is { } symmetric)
            {
                throw new KeyException($"asks for {symmetric.Name} with keys that are published, and a published secret is none.");
            }

            string settings = $"{string.Join(',', algorithms.Select(algorithm => algorithm.Name))} {url.AbsoluteUri}";
            if (!Published.TryGetValue(settings, out PublishedKeys? keys))
            {
                keys = publish(settings, url, algorithms);
                Published.Add(settings, keys);
            }

            return keys;
        }
    }
}
