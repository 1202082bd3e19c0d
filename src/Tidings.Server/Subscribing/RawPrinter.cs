using Tidings.Client;

namespace Tidings.Server;

/// <summary>The data as it came and a line end, for the next program of a pipe.</summary>
internal sealed class RawPrinter(TextWriter output) : EventPrinter(output)
{
    public override void Received(ServerSentEvent received) => WriteLine(received.Data);
}
