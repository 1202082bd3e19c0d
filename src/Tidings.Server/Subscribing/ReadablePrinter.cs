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
        string id = received.LastEventId.Length == 0 ? "" : $"  {Dim(Harmless(received.LastEventId))}";
        WriteLine($"{Dim(time)}  {Bright(Harmless(received.Type))}{id}\n{Harmless(received.Data)}\n");
    }

    // What a server sends must not steer the terminal. LF and tabs are what data is made of.
    private static string Harmless(string text) =>
        string.Create(text.Length, text, static (result, text) =>
        {
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = char.IsControl(text[i]) && text[i] is not ('\n' or '\t') ? '\uFFFD' : text[i];
            }
        });

    private string Dim(string text) => Coloured("\e[2m", text);

    private string Bright(string text) => Coloured("\e[1;36m", text);

    private string Coloured(string code, string text) => _hasColour ? $"{code}{text}\e[0m" : text;
}
