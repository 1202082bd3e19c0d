using Tidings.Client.Decoding;

namespace Tidings.Client;

/// <summary>
/// Decodes <c>text/event-stream</c> (WHATWG HTML 9.2.5 and 9.2.6) out of bytes that may be cut anywhere. An event is handed out as
/// soon as its blank line is complete, also when that line ends in CR and nobody knows yet whether an LF follows.
/// </summary>
/// <remarks>
/// One decoder reads one stream, from its first byte. Not safe for use from several threads. Its memory is bounded by
/// <see cref="EventStreamOptions"/>. What is unfinished when the stream ends is discarded with the decoder, as the standard asks.
/// </remarks>
/// <example>
/// <code>
/// ReadOnlySpan&lt;byte&gt; rest = bytesThatArrived;
/// while (decoder.TryRead(ref rest, out Utf8Event e))
/// {
///     Handle(e.Type, e.Data);
/// }
/// </code>
/// </example>
public sealed class EventStreamDecoder
{
    private readonly EventStreamOptions _options;
    private ByteBuffer _line; // The start of a line whose end has not arrived.
    private ByteBuffer _type; // The standard's event type buffer.
    private ByteBuffer _data; // The standard's data buffer, without the LF that ends it; unused while a single line can be handed out in place.
    private ByteBuffer _id; // The standard's last event ID buffer, while it differs from the last event ID string.
    private ByteBuffer _lastEventId; // The standard's last event ID string.
    private bool _hasData;
    private bool _idIsPending;
    private bool _isFirstLine = true;
    private bool _skipLineFeed;
    private EventStreamLimitException? _failure;

    /// <summary>Makes a decoder for a new stream.</summary>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <param name="lastEventId">
    /// The last event ID of the connection before this one. Events of a resumed stream without an id of their own have it, as in all browsers.
    /// </param>
    public EventStreamDecoder(EventStreamOptions? options = null, ReadOnlySpan<byte> lastEventId = default)
    {
        _options = options ?? EventStreamOptions.Default;
        _lastEventId.Set(lastEventId);
    }

    /// <summary>The last event ID, as UTF-8: committed by blank lines only, also by those that hand out no event. Valid until the next call.</summary>
    public ReadOnlySpan<byte> LastEventId => _lastEventId.Span;

    /// <summary>
    /// The reconnection time that the stream asked for last, in effect as soon as its line was read; null if it asked for none.
    /// Not limited otherwise than by the longest <see cref="TimeSpan"/> of whole milliseconds.
    /// </summary>
    public TimeSpan? ReconnectionTime { get; private set; }

    /// <summary>How many comment lines were read.</summary>
    public long CommentCount { get; private set; }

    /// <summary>Reads on until the next event (or comment, if those are reported).</summary>
    /// <param name="bytes">
    /// What has arrived, without a gap to what was given before. Shortened by what was read: call again with the rest until the answer is
    /// <see langword="false"/>; then all of it was read, and the memory may be used for something else.
    /// </param>
    /// <param name="e">The event; valid until the next call.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="EventStreamLimitException">The stream went beyond a limit; every further call throws it again.</exception>
    public bool TryRead(scoped ref ReadOnlySpan<byte> bytes, out Utf8Event e)
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        // The only data line of the event so far, still where it arrived. Most events have one line and arrive whole: their data is never copied.
        ReadOnlySpan<byte> single = default;
        while (TakeLine(ref bytes, out ReadOnlySpan<byte> line))
        {
            if (line.Length == 0)
            {
                if (TryDispatch(single, out e))
                {
                    return true;
                }
            }
            else if (line[0] == ':')
            {
                // HTML 9.2.6: "If the line starts with a U+003A COLON character (:), Ignore the line."
                CommentCount++;
                if (_options.ReportComments)
                {
                    _data.Append(single);
                    e = new Utf8Event(default, line[1..], _lastEventId.Span, isComment: true);
                    return true;
                }
            }
            else
            {
                ProcessField(line, ref single);
            }
        }

        // The order matters: single may lie in the buffer that the unfinished line goes to.
        _data.Append(single);
        KeepUnfinishedLine(ref bytes);
        e = default;
        return false;
    }

    /// <summary>HTML 9.2.5: <c>end-of-line = ( cr lf / cr / lf )</c>. The LF of a pair may arrive in the next read.</summary>
    private bool TakeLine(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> line)
    {
        if (_skipLineFeed && bytes.Length > 0)
        {
            _skipLineFeed = false;
            if (bytes[0] == '\n')
            {
                bytes = bytes[1..];
            }
        }

        int end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        if (end < 0)
        {
            line = default;
            return false;
        }

        if (_line.Length + end > _options.MaxLineBytes)
        {
            throw Fail(EventStreamLimit.Line, _options.MaxLineBytes);
        }

        line = bytes[..end];
        _skipLineFeed = bytes[end] == '\r';
        bytes = bytes[(end + 1)..];
        if (_line.Length > 0 || _isFirstLine)
        {
            line = CompleteLine(line);
        }

        return true;
    }

    /// <summary>The rare cases, out of line: a line cut by the end of a read, and the first line of the stream.</summary>
    private ReadOnlySpan<byte> CompleteLine(ReadOnlySpan<byte> line)
    {
        if (_line.Length > 0)
        {
            _line.Append(line);
            line = _line.Span;
            _line.Clear(); // The bytes stay in place until this call of TryRead is over.
        }

        // HTML 9.2.5: stream = [ bom ] *event; and 9.2.6: "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
        if (_isFirstLine)
        {
            _isFirstLine = false;
            line = line.StartsWith("\uFEFF"u8) ? line[3..] : line;
        }

        return line;
    }

    private void KeepUnfinishedLine(scoped ref ReadOnlySpan<byte> bytes)
    {
        if (_line.Length + bytes.Length > _options.MaxLineBytes)
        {
            throw Fail(EventStreamLimit.Line, _options.MaxLineBytes);
        }

        _line.Append(bytes);
        bytes = default;
    }

    /// <summary>
    /// HTML 9.2.6, "process the field": names are compared as they are, so <c>Data</c> or <c>data </c> is an unknown field and ignored;
    /// a line without a colon is a field with an empty value.
    /// </summary>
    private void ProcessField(ReadOnlySpan<byte> line, ref ReadOnlySpan<byte> single)
    {
        if (IsField(line, "data"u8, out ReadOnlySpan<byte> value))
        {
            AppendData(value, ref single);
        }
        else if (IsField(line, "id"u8, out value))
        {
            SetId(value);
        }
        else if (IsField(line, "event"u8, out value))
        {
            _type.Set(value);
        }
        else if (IsField(line, "retry"u8, out value))
        {
            ReconnectionTime = ReconnectionTimeField.Parse(value) ?? ReconnectionTime;
        }
    }

    private static bool IsField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(name))
        {
            return false;
        }

        if (line.Length == name.Length)
        {
            return true;
        }

        if (line[name.Length] != ':')
        {
            return false;
        }

        // "If value starts with a U+0020 SPACE character, remove it from value." One space, and no other character.
        int start = name.Length + 1;
        value = start < line.Length && line[start] == ' ' ? line[(start + 1)..] : line[start..];
        return true;
    }

    /// <summary>"Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to the data buffer."</summary>
    private void AppendData(ReadOnlySpan<byte> value, ref ReadOnlySpan<byte> single)
    {
        int before = _hasData ? _data.Length + single.Length + 1 : 0;
        if (before + value.Length > _options.MaxEventBytes)
        {
            throw Fail(EventStreamLimit.Event, _options.MaxEventBytes);
        }

        if (!_hasData)
        {
            _hasData = true;
            single = value;
            return;
        }

        _data.Append(single);
        single = default;
        _data.Append("\n"u8);
        _data.Append(value);
    }

    /// <summary>"If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value. Otherwise, ignore the field."</summary>
    private void SetId(ReadOnlySpan<byte> value)
    {
        if (value.Length > _options.MaxIdBytes)
        {
            throw Fail(EventStreamLimit.Id, _options.MaxIdBytes);
        }

        if (!value.Contains((byte)0))
        {
            _id.Set(value);
            _idIsPending = true;
        }
    }

    /// <summary>HTML 9.2.6, "dispatch the event", at a blank line.</summary>
    private bool TryDispatch(ReadOnlySpan<byte> single, out Utf8Event e)
    {
        // Step 1: "Set the last event ID string of the event source to the value of the last event ID buffer." Here and nowhere else:
        // an event that was cut in half must not count as seen. The buffer keeps its value, so later events without an id have it too.
        if (_idIsPending)
        {
            (_lastEventId, _id) = (_id, _lastEventId);
            _idIsPending = false;
        }

        // Step 2: "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and return."
        if (!_hasData)
        {
            _type.Clear();
            e = default;
            return false;
        }

        e = new Utf8Event(
            _type.Length == 0 ? "message"u8 : _type.Span,
            _data.Length == 0 ? single : _data.Span,
            _lastEventId.Span,
            isComment: false);
        _hasData = false;
        _type.Clear();
        _data.Clear();
        return true;
    }

    private EventStreamLimitException Fail(EventStreamLimit limit, int maxBytes) => _failure = new EventStreamLimitException(limit, maxBytes);
}
