using Tidings.Client;

namespace Tidings.Server;

/// <summary>One way to print what a subscription receives. Each call is one write and flushed at once. Synchronous, as the notifications of a source are.</summary>
internal abstract class EventPrinter(TextWriter output)
{
    public static EventPrinter For(Terminal terminal, bool isJson) =>
        isJson ? new JsonPrinter(terminal.Output)
        : terminal.IsOutputSeen ? new ReadablePrinter(terminal)
        : new RawPrinter(terminal.Output);

    public virtual void Opened(Uri url)
    {
    }

    public abstract void Received(ServerSentEvent received);

    public virtual void Lost(EventSourceError error)
    {
    }

    public virtual void Closed()
    {
    }

    /// <summary>LF on every system: what reads lines from a pipe must not find a CR in the data.</summary>
    /// <exception cref="IOException">The output takes no more: the disk is full, or it was closed from the beginning.</exception>
    protected void WriteLine(string text)
    {
        try
        {
            output.Write(text + "\n");
            output.Flush();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The output cannot be written: {failure.GetBaseException().Message}", failure);
        }
    }
}
