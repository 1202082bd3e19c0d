using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tidings.Server;

/// <summary><c>tidings token</c>: makes a token for a hub, or a key to make tokens with.</summary>
internal sealed class TokenCommand : Command, IHasExamples
{
    /// <summary>Where the key is when no option says it.</summary>
    public const string KeyVariable = "TIDINGS_KEY";

    private const int NewKeyBytes = 48; // 64 characters: enough for HS512
    private const string DefaultExpires = "1h";
    private const string Never = "never";

    private readonly Terminal _terminal;

    private readonly Option<bool> _newKey = new("--new-key") { Description = "Prints a new secret, and does nothing else." };

    private readonly Option<string[]> _publish = new("--publish")
    {
        Description = "May publish on this topic; * for all, urlpattern:PATTERN for a URL Pattern. May be repeated.",
        HelpName = "TOPIC",
    };

    private readonly Option<string[]> _subscribe = new("--subscribe") { Description = "May receive private events on this topic; likewise.", HelpName = "TOPIC" };

    private readonly Option<string?> _payload = new("--payload")
    {
        Description = "What others see of the subscriber, as JSON.",
        HelpName = "JSON",
    };

    private readonly Option<string?> _key = NewKeyOption("The secret or the private key (PEM) to sign with: @FILE, or @- for standard input.");

    private readonly Option<string?> _algorithm = NewAlgorithmOption();

    private readonly Option<string?> _keyId = new("--key-id") { Description = "The name of the key (kid), if the hub knows several.", HelpName = "ID" };

    private readonly Option<string?> _issuer = new("--issuer") { Description = "Who makes the token (iss), as the hub's settings have it. Needed, except with --legacy.", HelpName = "ISSUER" };

    private readonly Option<string?> _audience = new("--audience") { Description = "The hub (aud), usually its URL. Needed, except with --legacy.", HelpName = "URL" };

    private readonly Option<string?> _subject = new("--subject") { Description = "Who the token is for (sub).  [default: tidings; with --legacy: none]", HelpName = "SUBJECT" };

    private readonly Option<string?> _clientId = new("--client-id") { Description = "The program the token is for (client_id).  [default: tidings; with --legacy: none]", HelpName = "ID" };

    private readonly Option<string?> _expires = new("--expires")
    {
        Description = "How long the token is valid, such as 90s, 15m, 1h, 30d; with --legacy also \"never\".  [default: 1h]",
        HelpName = "TIME",
    };

    private readonly Option<bool> _legacy = new("--legacy") { Description = "Makes a token of protocol 0.x (the mercure claim), as Symfony and older clients use it." };

    public TokenCommand(Terminal terminal)
        : base("token", "Makes a token for a hub, or a key to make tokens with.")
    {
        _terminal = terminal;
        Option[] options = [_newKey, _publish, _subscribe, _payload, _key, _algorithm, _keyId, _issuer, _audience, _subject, _clientId, _expires, _legacy];
        foreach (Option option in options)
        {
            Add(option);
        }

        Add(new TokenDecodeCommand(terminal));
        Validators.Add(Validate);
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, cancellationToken));
    }

    public string Notes => $"""
        The key comes from --key or the environment variable {KeyVariable}; never from an argument, which everybody on the machine
        can see. Exit codes: 0 done, 2 wrong usage or key.
        """;

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings token --new-key > key && chmod 600 key",
        "tidings token --key @key --publish '*' --issuer https://example.com --audience https://example.com/.well-known/mercure",
        "tidings token --key @key --subscribe users/7 --subscribe news --expires 15m --legacy",
        "tidings token --key @key --publish news --legacy | tidings token decode --token @- --topic news",
    ];

    public static Option<string?> NewKeyOption(string description) => new("--key") { Description = description, HelpName = "@FILE" };

    public static Option<string?> NewAlgorithmOption() =>
        new("--algorithm") { Description = "The algorithm.  [default: HS256 for a secret, RS256 for RSA, that of the curve for EC]", HelpName = "NAME" };

    private void Validate(CommandResult result)
    {
        if (result.GetValue(_newKey))
        {
            return;
        }

        bool isLegacy = result.GetValue(_legacy);
        if (!isLegacy && (result.GetValue(_issuer) is null || result.GetValue(_audience) is null))
        {
            result.AddError("A token of protocol 1.0 needs --issuer and --audience, as the hub's settings have them. For a token of protocol 0.x, say --legacy.");
        }

        string expires = result.GetValue(_expires) ?? DefaultExpires;
        if (Duration.Parse(expires) is null && !(isLegacy && expires == Never))
        {
            result.AddError($"--expires takes a time such as 90s, 15m, 1h or 30d, up to 3650d, and \"{expires}\" is none.");
        }

        if (result.GetResult(_publish) is null && result.GetResult(_subscribe) is null)
        {
            result.AddError("The token would grant nothing: say --publish TOPIC, --subscribe TOPIC, or both.");
        }
    }

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            string text = parsed.GetValue(_newKey)
                ? Convert.ToBase64String(RandomNumberGenerator.GetBytes(NewKeyBytes))
                : await MakeAsync(parsed, cancellationToken);
            await _terminal.Output.WriteLineAsync(text.AsMemory(), cancellationToken);
            return ExitCode.Ok;
        }
        catch (SettingException mistake)
        {
            _terminal.Complain(mistake.Message);
            return ExitCode.Usage;
        }
    }

    private async Task<string> MakeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string key = await SecretInput.FindAsync(parsed.GetValue(_key), _key.Name, KeyVariable, _terminal, cancellationToken)
            ?? throw new SettingException($"There is no key: name a file with --key @FILE, or set {KeyVariable}. \"tidings token --new-key\" makes one.");
        var signer = TokenSigner.Of(key, parsed.GetValue(_algorithm));
        if (signer.Weakness is { } weakness)
        {
            _terminal.Complain($"The key {weakness} Only a hub in dev mode takes it.");
        }

        bool isLegacy = parsed.GetValue(_legacy);
        DateTimeOffset now = _terminal.Time.GetUtcNow();
        var request = new TokenRequest
        {
            IsLegacy = isLegacy,
            Publish = parsed.GetValue(_publish) ?? [],
            Subscribe = parsed.GetValue(_subscribe) ?? [],
            Payload = ReadPayload(parsed.GetValue(_payload), isLegacy),
            Issuer = parsed.GetValue(_issuer),
            Audience = parsed.GetValue(_audience),
            Subject = parsed.GetValue(_subject) ?? (isLegacy ? null : "tidings"),
            ClientId = parsed.GetValue(_clientId) ?? (isLegacy ? null : "tidings"),
            KeyId = parsed.GetValue(_keyId),
            IssuedAt = now,
            Expires = now + Duration.Parse(parsed.GetValue(_expires) ?? DefaultExpires),
        };
        string token = signer.Sign(request.Header(signer.Algorithm), request.Claims());
        return TokenDecodeCommand.DefectOf(token, request.Audience, now) is { } defect
            ? throw new SettingException($"A hub would refuse this token. {TokenExplanation.Of(defect)}")
            : token;
    }

    private static JsonElement? ReadPayload(string? text, bool isLegacy)
    {
        if (text is null)
        {
            return null;
        }

        return StrictJson.TryParse(Encoding.UTF8.GetBytes(text), out JsonElement payload) && (isLegacy || payload.ValueKind == JsonValueKind.Object)
            ? payload
            : throw new SettingException("--payload takes JSON: an object, or with --legacy any value.");
    }
}
