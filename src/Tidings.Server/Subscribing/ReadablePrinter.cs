using System.Globalization;
using Tidings.Client;

namespace Tidings.Server;

/// <summary>Time, type and id on a line, the data below, for a person at a terminal; coloured unless NO_COLOR or TERM=dumb say otherwise.</summary>
internal sealed class ReadablePrinter(Terminal terminal) : EventPrinter(terminal.Output)
{
    private readonly bool _hasColour = string.IsNullOrEmpty(terminal.Variable("NO_COLOR")) && terminal.Variable("TERM") != "dumb";

    public override void Opened(Uri url) => WriteLine(Dim($"Connected to {url.GetLeftPart(UriPartial.Authority)}. Ctrl+C ends."));

    public override void Received(ServerSentEvent received)
    {
        string time = terminal.Time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        string id = received.LastEventId.Length == 0 ? "" : $"  {Dim(Terminal.Harmless(received.LastEventId))}";
        WriteLine($"{Dim(time)}  {Bright(Terminal.Harmless(received.Type))}{id}\n{Terminal.Harmless(received.Data)}\n");
    }

    private string Dim(string text) => Coloured("\e[2m", text);

    private string Bright(string text) => Coloured("\e[1;36m", text);

    private string Coloured(string code, string text) => _hasColour ? $"{code}{text}\e[0m" : text;
}
