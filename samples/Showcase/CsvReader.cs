namespace Showcase;

/// <summary>
/// Reads CSV as RFC 4180 has it, one record after the other and never more than that in memory: fields may be quoted, and then hold separators, line breaks and
/// doubled quotes. Comma, semicolon or tab, whichever the first line has most of. A record that is wrong says why, and reading goes on with the next line.
/// </summary>
internal sealed class CsvReader(TextReader text)
{
    /// <summary>The longest record, in characters: so much a quote that is never closed may swallow.</summary>
    public const int LongestRecord = 64 * 1024;

    private const int End = -1;

    private readonly char[] _buffer = new char[32 * 1024];
    private int _position;
    private int _length;
    private int _line = 1;
    private char _separator;

    /// <summary>Reads the next record that is not an empty line into <paramref name="record"/>; false at the end.</summary>
    public bool TryRead(CsvRecord record)
    {
        if (_separator == 0)
        {
            _separator = FindSeparator();
        }

        do
        {
            if (Peek() == End)
            {
                return false;
            }

            record.Begin(_line);
            ReadRecord(record);
        }
        while (record.IsEmpty);
        return true;
    }

    private void ReadRecord(CsvRecord record)
    {
        bool isQuoted = false; // between an opening quote and its end
        bool wasQuoted = false; // behind it, where only a separator may follow
        while (true)
        {
            int c = Next();
            if (isQuoted && c == End)
            {
                record.Complain("the file ends within quotes");
                record.EndField();
                return;
            }

            if (isQuoted)
            {
                if (c != '"')
                {
                    record.Add((char)c);
                }
                else if (Peek() == '"')
                {
                    record.Add((char)Next());
                }
                else
                {
                    (isQuoted, wasQuoted) = (false, true);
                }
            }
            else if (c is End or '\n' || (c == '\r' && Peek() is '\n' or End))
            {
                record.EndField();
                SkipLineFeedAfter(c);
                return;
            }
            else if (c == _separator)
            {
                record.EndField();
                wasQuoted = false;
            }
            else if (c == '"' && record.IsFieldEmpty && !wasQuoted)
            {
                isQuoted = true;
            }
            else
            {
                if (wasQuoted || c == '"')
                {
                    record.Complain(wasQuoted ? "text follows a closing quote" : "a quote stands within a field that does not begin with one");
                }

                record.Add((char)c);
            }

            if (record.IsFull)
            {
                record.Complain($"longer than {LongestRecord:N0} characters; is a quote not closed? Skipped to the end of line {SkipLine():N0}");
                record.EndField();
                return;
            }
        }
    }

    private void SkipLineFeedAfter(int c)
    {
        if (c == '\r' && Peek() == '\n')
        {
            Next();
        }
    }

    // Returns the number of the line that was skipped.
    private int SkipLine()
    {
        int line = _line;
        while (Next() is not (End or '\n'))
        {
        }

        return line;
    }

    private int Next()
    {
        int c = Peek();
        if (c == '\n')
        {
            _line++;
        }

        _position++;
        return c;
    }

    private int Peek()
    {
        if (_position >= _length)
        {
            _length = text.Read(_buffer);
            _position = 0;
        }

        return _position < _length ? _buffer[_position] : End;
    }

    private char FindSeparator()
    {
        Peek();
        ReadOnlySpan<char> start = _buffer.AsSpan(0, _length);
        int lineEnd = start.IndexOfAny('\r', '\n');
        ReadOnlySpan<char> line = lineEnd < 0 ? start : start[..lineEnd];
        char separator = ',';
        foreach (char other in ";\t")
        {
            separator = line.Count(other) > line.Count(separator) ? other : separator;
        }

        return separator;
    }
}

/// <summary>One record, used again for the next: its fields are parts of one buffer.</summary>
internal sealed class CsvRecord
{
    private readonly char[] _text = new char[CsvReader.LongestRecord];
    private readonly List<int> _ends = [];
    private int _length;

    /// <summary>The number of its first line, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>What is wrong with it, or null.</summary>
    public string? Problem { get; private set; }

    public int Count => _ends.Count;

    public ReadOnlySpan<char> this[int field] => _text.AsSpan(StartOf(field).._ends[field]);

    internal bool IsFieldEmpty => _length == StartOf(_ends.Count);

    internal bool IsFull => _length + _ends.Count >= CsvReader.LongestRecord;

    internal bool IsEmpty => _ends.Count == 1 && _length == 0 && Problem is null;

    internal void Begin(int line)
    {
        _ends.Clear();
        (_length, Line, Problem) = (0, line, null);
    }

    internal void Add(char c) => _text[_length++] = c;

    internal void EndField() => _ends.Add(_length);

    // The first complaint is the one that helps.
    internal void Complain(string problem) => Problem ??= problem;

    private int StartOf(int field) => field == 0 ? 0 : _ends[field - 1];
}
