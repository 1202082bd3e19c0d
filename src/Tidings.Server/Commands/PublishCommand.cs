using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tidings.Server;

/// <summary><c>tidings publish</c>: sends events to a hub and prints their ids.</summary>
internal sealed class PublishCommand : Command, IHasExamples
{
    private const int LongestTimeoutSeconds = 24 * 60 * 60;

    private readonly Terminal _terminal;

    private readonly Option<Uri> _hub = new("--hub")
    {
        Description = "The hub, for example http://localhost:4000/.well-known/mercure.",
        HelpName = "URL",
        Required = true,
        CustomParser = ArgumentParser.ParseAddress,
    };

    private readonly Option<string[]> _topics = new("--topic")
    {
        Description = "What the event is about; may be repeated.",
        HelpName = "TOPIC",
        Required = true,
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "The data. Without it, all of standard input is the data of one event, but for a line end at its very end.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _lines = new("--lines") { Description = "Each line of standard input is an event, published as soon as it comes; prints one id a line." };

    private readonly Option<string?> _type = new("--type") { Description = "The event's type; without one, pages receive it as \"message\".", HelpName = "TYPE" };

    private readonly Option<string?> _id = new("--id") { Description = "The event's id; without one, the hub makes it.", HelpName = "ID" };

    private readonly Option<int?> _retry = new("--retry")
    {
        Description = "How long subscribers wait before they reconnect, in milliseconds.",
        HelpName = "MS",
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum: 0, int.MaxValue),
    };

    private readonly Option<bool> _private = new("--private") { Description = "Only subscribers with a right to the topic receive it." };

    private readonly Option<string?> _token = BearerToken.NewOption();

    private readonly Option<X509Certificate2Collection?> _trusted = TrustedCertificates.NewOption();

    private readonly Option<int?> _timeout = new("--timeout")
    {
        Description = "How long to wait for the hub's answer, in seconds.  [default: 30]",
        HelpName = "SECONDS",
        CustomParser = result => ArgumentParser.ParseNumber(result, minimum: 1, LongestTimeoutSeconds),
    };

    public PublishCommand(Terminal terminal)
        : base("publish", "Publishes events to a hub and prints their ids.")
    {
        _terminal = terminal;
        foreach (Option option in (Option[])[_hub, _topics, _data, _lines, _type, _id, _retry, _private, _token, _trusted, _timeout])
        {
            Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetResult(_lines) is { Implicit: false } && (result.GetResult(_data) ?? result.GetResult(_id)) is { } other)
            {
                result.AddError($"--lines and {other.Option.Name} exclude each other: --lines publishes many events, and takes their data from standard input.");
            }

            if (result.GetValue(_data) is null && result.GetResult(_token) is { Tokens: [{ Value: "@-" }] })
            {
                result.AddError("--token @- takes the token from standard input, so the data must come from --data.");
            }
        });
        SetAction(async (parsed, cancellationToken) => (int)await RunAsync(parsed, cancellationToken));
    }

    public string Notes => "Exit codes: 0 published, 1 failed, 2 wrong usage, 3 hub not reached, 4 not allowed, 5 timed out.";

    public IReadOnlyList<string> Examples { get; } =
    [
        "tidings publish --hub http://localhost:4000/.well-known/mercure --topic news --data hi",
        "tidings publish --hub http://localhost:4000/.well-known/mercure --topic orders/7 --type paid < order.json",
        "tail -f app.log | tidings publish --hub http://localhost:4000/.well-known/mercure --topic log --lines",
        "tidings publish --hub https://hub.example/.well-known/mercure --topic news --data hi --token @token",
    ];

    private async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? data = parsed.GetValue(_data);
        if (data is null && _terminal.IsInputTyped)
        {
            _terminal.Complain("There is no data: give it with --data, or send it to standard input, which is the keyboard now.");
            return ExitCode.Usage;
        }

        var timeout = TimeSpan.FromSeconds(parsed.GetValue(_timeout) ?? 30);
        try
        {
            BearerToken? token = await BearerToken.FindAsync(parsed.GetValue(_token), _terminal, cancellationToken);
            using var hub = new HubClient(parsed.GetRequiredValue(_hub), token, parsed.GetValue(_trusted), timeout, _terminal.Time);
            if (data is not null)
            {
                return await PublishAsync(hub, FieldsOf(parsed, data), context: "", cancellationToken);
            }

            using var input = new InputText(_terminal.Input);
            return parsed.GetValue(_lines)
                ? await PublishLinesAsync(hub, input, parsed, cancellationToken)
                : await PublishAsync(hub, FieldsOf(parsed, await input.ReadAllAsync(cancellationToken)), context: "", cancellationToken);
        }
        catch (SettingException noToken)
        {
            _terminal.Complain(noToken.Message);
            return ExitCode.Usage;
        }
        catch (InvalidDataException unreadable)
        {
            _terminal.Complain(unreadable.Message);
            return ExitCode.Usage;
        }
        catch (DecoderFallbackException)
        {
            _terminal.Complain("Standard input is not text in UTF-8, and nothing else can be the data of an event.");
            return ExitCode.Usage;
        }
    }

    private async Task<ExitCode> PublishLinesAsync(HubClient hub, InputText input, ParseResult parsed, CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (string line in input.ReadLinesAsync(cancellationToken))
        {
            number++;

            // The first failure ends it: whoever starts again knows from the ids, and from the number, where to go on.
            ExitCode code = await PublishAsync(hub, FieldsOf(parsed, line), $"Line {number}: ", cancellationToken);
            if (code != ExitCode.Ok)
            {
                return code;
            }
        }

        return ExitCode.Ok;
    }

    private async Task<ExitCode> PublishAsync(
        HubClient hub, List<KeyValuePair<string, string>> fields, string context, CancellationToken cancellationToken)
    {
        HubAnswer answer = await hub.PublishAsync(fields, cancellationToken);
        if (answer.Code == ExitCode.Ok)
        {
            await _terminal.Output.WriteLineAsync(answer.Text.AsMemory(), cancellationToken);
            await _terminal.Output.FlushAsync(cancellationToken);
        }
        else
        {
            _terminal.Complain(context + answer.Text);
        }

        return answer.Code;
    }

    private List<KeyValuePair<string, string>> FieldsOf(ParseResult parsed, string data)
    {
        List<KeyValuePair<string, string>> fields = [.. parsed.GetRequiredValue(_topics).Select(topic => new KeyValuePair<string, string>("topic", topic))];
        fields.Add(new("data", data));
        AddIfGiven("type", parsed.GetValue(_type));
        AddIfGiven("id", parsed.GetValue(_id));
        AddIfGiven("retry", parsed.GetValue(_retry)?.ToString(CultureInfo.InvariantCulture));
        AddIfGiven("private", parsed.GetValue(_private) ? "on" : null);
        return fields;

        void AddIfGiven(string name, string? value)
        {
            if (value is not null)
            {
                fields.Add(new(name, value));
            }
        }
    }
}
