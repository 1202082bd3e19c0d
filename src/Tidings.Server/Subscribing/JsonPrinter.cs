using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tidings.Client;

namespace Tidings.Server;

/// <summary>One JSON object a line. The names are public: scripts depend on them.</summary>
internal sealed class JsonPrinter(TextWriter output) : EventPrinter(output)
{
    // For a file or a program, never a page: no need to escape more than JSON asks for, so that people can read it too.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new();

    public override void Opened(Uri url) => WriteObject("open", []);

    public override void Received(ServerSentEvent received) => WriteObject(
        "message", [("type", received.Type), ("data", received.Data), ("lastEventId", received.LastEventId), ("origin", received.Origin)]);

    public override void Lost(EventSourceError error) => WriteObject("error", [("reason", error.Message)]);

    public override void Closed() => WriteObject("closed", []);

    private void WriteObject(string happened, ReadOnlySpan<(string Name, string Value)> members)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line, Options))
        {
            json.WriteStartObject();
            json.WriteString("event", happened);
            foreach ((string name, string value) in members)
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        WriteLine(Encoding.UTF8.GetString(_line.WrittenSpan));
    }
}
