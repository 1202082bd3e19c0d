using System.CommandLine;
using System.Text.Json;

namespace Tidings.Server;

/// <summary><c>tidings token decode</c>: shows what is in a token, and says what it would let its bearer do.</summary>
internal sealed class TokenDecodeCommand : Command, IHasExamples
{
    private const string TokenVariable = "TIDINGS_TOKEN";

    // Which hub the token is for, the command cannot know.
    private static readonly MatcherReader Matchers = new(hubUrl: null);

    private readonly Terminal _terminal;

    private readonly Option<string?> _token = new("--token") { Description = $"The token: @FILE, or @- for standard input.  [default: {TokenVariable}, else standard input]", HelpName = "@FILE" };

    private readonly Option<string?> _key = TokenCommand.NewKeyOption("The key to verify the signature with: @FILE, or @- for standard input.");

    private readonly Option<string?> _algorithm = TokenCommand.NewAlgorithmOption();

    private readonly Option<string?> _audience = new("--audience") { Description = "What a token of protocol 1.0 must have among its aud.", HelpName = "URL" };

    private readonly Option<string?> _topic = new("--topic") { Description = "Says whether the token may publish on the topic and receive its events, and why.", HelpName = "TOPIC" };

    private readonly Option<bool> _private = new("--private") { Description = "With --topic: the events are private." };

    public TokenDecodeCommand(Terminal terminal)
        : base("decode", "Shows what is in a token, and says what it lets its bearer do.")
    {
        _terminal = terminal;
        foreach (Option option in (Option[])[_token, _key, _algorithm, _audience, _topic, _private])
        {
            Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetValue(_private) && result.GetValue(_topic) is null)
            {
                result.AddError("--private says something about --topic, which is missing.");
            }
        });
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, cancellationToken));
    }

    public string Notes => $"""
        Without a key the signature is not verified, and anybody can have made the token. The key comes from --key or the environment
        variable {TokenCommand.KeyVariable}. Exit codes: 0 the token is good for this, 2 wrong usage or no token, 4 a hub would refuse the token, or
        not let its bearer receive the topic's events.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings token decode --token @token",
        "tidings token decode --token @token --key @key --topic users/7 --private",
        "pbpaste | tidings token decode",
    ];

    /// <summary>What a hub would find wrong with a token, signature and issuer apart; null for nothing. Without an audience the token's own is taken.</summary>
    public static TokenDefect? DefectOf(string token, string? audience, DateTimeOffset now) =>
        CompactJws.TryParse(token, out CompactJws? jws, out TokenDefect defect)
            ? StrictJson.TryParseObject(jws.Payload, out JsonElement payload) ? DefectOf(jws, payload, token.Length, audience, now) : TokenDefect.BadPayload
            : defect;

    private static TokenDefect? DefectOf(CompactJws jws, JsonElement payload, int length, string? audience, DateTimeOffset now) =>
        TokenValidator.DialectOf(jws, payload) switch
        {
            Dialect.Current => TokenValidator.CheckCurrent(jws, payload, audience ?? OwnAudience(payload), Matchers, now),
            Dialect.Legacy => length < TokenValidator.MinLegacyChars ? TokenDefect.TooShort : TokenValidator.CheckLegacy(payload, now),
            _ => TokenDefect.NoDialect,
        };

    private static string OwnAudience(JsonElement payload)
    {
        if (!payload.TryGetProperty("aud", out JsonElement audience))
        {
            return "";
        }

        JsonElement first = audience.ValueKind == JsonValueKind.Array && audience.GetArrayLength() > 0 ? audience[0] : audience;
        return first.ValueKind == JsonValueKind.String ? first.GetString()! : ""; // a string has a text
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            Topic? topic = parsed.GetValue(_topic) is { } text ? ReadTopic(text) : default(Topic?);
            if (parsed.GetValue(_token) == "@-" && parsed.GetValue(_key) == "@-")
            {
                throw new SettingException("Standard input can be the token or the key, not both.");
            }

            string token = (await ReadTokenAsync(parsed, cancellationToken)).Trim();
            string? key = await SecretInput.FindAsync(parsed.GetValue(_key), _key.Name, TokenCommand.KeyVariable, _terminal, cancellationToken);
            if (!CompactJws.TryParse(token, out CompactJws? jws, out TokenDefect defect))
            {
                throw new SettingException($"This is no token that a hub takes. {TokenExplanation.Of(defect)}");
            }

            if (!StrictJson.TryParseObject(jws.Payload, out JsonElement payload))
            {
                throw new SettingException($"This is no token that a hub takes. {TokenExplanation.Of(TokenDefect.BadPayload)}");
            }

            bool isGood = Describe(parsed, jws, payload, token.Length, key);
            return (topic is not { } asked || ExplainTopic(parsed, jws, payload, asked)) && isGood ? ExitCode.Ok : ExitCode.Auth;
        }
        catch (SettingException mistake)
        {
            _terminal.Complain(mistake.Message);
            return ExitCode.Usage;
        }
    }

    private static Topic ReadTopic(string text) => Topic.TryParse(text, out Topic topic, out string? complaint) ? topic : throw new SettingException(complaint);

    private async Task<string> ReadTokenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? place = parsed.GetValue(_token);
        if (place is null && _terminal.Variable(TokenVariable) is null or "" && !_terminal.IsInputTyped && parsed.GetValue(_key) != "@-")
        {
            place = "@-";
        }

        return await SecretInput.FindAsync(place, _token.Name, TokenVariable, _terminal, cancellationToken)
            ?? throw new SettingException($"There is no token: name a file with --token @FILE, send it to standard input, or set {TokenVariable}.");
    }

    private bool Describe(ParseResult parsed, CompactJws jws, JsonElement payload, int length, string? key)
    {
        Say(TokenExplanation.Pretty(jws.Header));
        Say(TokenExplanation.Pretty(payload));
        Say(TokenValidator.DialectOf(jws, payload) switch
        {
            Dialect.Current => "It is an access token of protocol 1.0.",
            Dialect.Legacy => "It is a token of protocol 0.x.",
            _ => "It is a token of another kind.",
        });
        DateTimeOffset now = _terminal.Time.GetUtcNow();
        Say(TokenExplanation.Lifetime(payload, now));
        bool isSigned = key is null || Verify(jws, key, parsed.GetValue(_algorithm));
        Say(key is null ? "Its signature was not verified: there is no key." : isSigned ? $"Its signature ({jws.Algorithm.Name}) is that of the key." : TokenExplanation.Of(TokenDefect.BadSignature));
        TokenDefect? defect = DefectOf(jws, payload, length, parsed.GetValue(_audience), now);
        if (defect is { } wrong)
        {
            Say($"A hub would refuse it. {TokenExplanation.Of(wrong)}");
        }

        return isSigned && defect is null;
    }

    private static bool Verify(CompactJws jws, string key, string? algorithm)
    {
        try
        {
            // A JSON Web Key Set, as an issuer publishes it, serves as well.
            IReadOnlyList<SignatureAlgorithm> asked = algorithm is null ? [] : AlgorithmList.Parse([algorithm]);
            IReadOnlyList<VerificationKey> keys = key.TrimStart().StartsWith('{')
                ? JwkReader.Read(key, asked, JwkOrigin.Settings, SecretRule.Any)
                : [KeyReader.ReadText(key, asked, SecretRule.Any)];
            return new KeySet(keys).SignerOf(jws) is not null;
        }
        catch (KeyException unusable)
        {
            throw new SettingException($"--key {unusable.Message}");
        }
    }

    private bool ExplainTopic(ParseResult parsed, CompactJws jws, JsonElement payload, Topic topic)
    {
        List<TopicGrant>? grants = null;
        _ = TokenValidator.DialectOf(jws, payload) switch
        {
            Dialect.Current => payload.TryGetProperty(AuthorizationDetails.Claim, out JsonElement details) && AuthorizationDetails.TryRead(details, Matchers, out grants),
            Dialect.Legacy => LegacyClaim.TryRead(payload.GetProperty(TokenValidator.LegacyClaimOf(payload)), out grants),
            _ => false,
        };
        if (grants is null)
        {
            return false; // which has been said before
        }

        Say(TokenExplanation.Publish(grants, topic).Sentence);
        if (!parsed.GetValue(_private))
        {
            Say(TokenExplanation.ReceivePublic(topic));
            return true;
        }

        (bool isGranted, string sentence) = TokenExplanation.ReceivePrivate(grants, topic);
        Say(sentence);
        return isGranted;
    }

    private void Say(string text) => _terminal.Output.WriteLine(Terminal.Harmless(text));
}
