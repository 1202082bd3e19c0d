using System.Runtime.CompilerServices;
using System.Text;

namespace Tidings.Server;

/// <summary>Reads data for events from a stream: strictly UTF-8, because data that was silently repaired is not what was sent.</summary>
/// <exception cref="DecoderFallbackException">Thrown by both readers: the input is not UTF-8.</exception>
internal sealed class InputText(Stream input) : IDisposable
{
    /// <summary>The longest text of one event: far beyond what hubs take, and small enough to hold.</summary>
    public const int MaxChars = 16 * 1024 * 1024;

    private readonly StreamReader _reader = new(input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));

    /// <summary>Everything, without a line end at the very end: the shell's tools add one that nobody means.</summary>
    /// <exception cref="InvalidDataException">It is longer than <see cref="MaxChars"/>.</exception>
    public async Task<string> ReadAllAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        char[] buffer = new char[8192];
        int count;
        while ((count = await _reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            Append(text, buffer.AsSpan(0, count));
        }

        if (text is [.., '\n'])
        {
            text.Length--;
            TrimCarriageReturn(text);
        }

        return text.ToString();
    }

    /// <summary>Each line as soon as its LF has come; a CR before it belongs to the line end. What follows the last LF is a line too, unless it is empty.</summary>
    /// <exception cref="InvalidDataException">A line is longer than <see cref="MaxChars"/>.</exception>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        char[] buffer = new char[8192];
        int count;
        while ((count = await _reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            ReadOnlyMemory<char> rest = buffer.AsMemory(0, count);
            int end;
            while ((end = rest.Span.IndexOf('\n')) >= 0)
            {
                Append(line, rest.Span[..end]);
                rest = rest[(end + 1)..];
                TrimCarriageReturn(line);
                yield return line.ToString();
                line.Clear();
            }

            Append(line, rest.Span);
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }

    public void Dispose() => _reader.Dispose();

    private static void Append(StringBuilder text, ReadOnlySpan<char> more)
    {
        if (text.Length + more.Length > MaxChars)
        {
            throw new InvalidDataException($"The data of one event can have at most {MaxChars} characters. To publish each line of standard input as an event, use --lines.");
        }

        text.Append(more);
    }

    private static void TrimCarriageReturn(StringBuilder text)
    {
        if (text is [.., '\r'])
        {
            text.Length--;
        }
    }
}
