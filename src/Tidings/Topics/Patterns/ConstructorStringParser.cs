namespace Tidings;

/// <summary>Cuts a pattern such as <c>https://example.com/books/:id</c> into the patterns of its components (URL Pattern standard, section 1.6).</summary>
internal sealed class ConstructorStringParser
{
    private readonly string _text;
    private readonly List<PatternToken> _tokens;
    private readonly Dictionary<State, string> _found = [];
    private State _state = State.Init;
    private int _index;
    private int _increment;
    private int _componentStart;
    private int _groupDepth;
    private int _bracketDepth;
    private bool _isSpecial;

    private ConstructorStringParser(string text)
    {
        _text = text;
        _tokens = PatternTokenizer.Tokenize(text, isLenient: true);
    }

    private enum State
    {
        Init,
        Protocol,
        Authority,
        Username,
        Password,
        Hostname,
        Port,
        Pathname,
        Search,
        Hash,
        Done,
    }

    /// <exception cref="FormatException">The protocol is no pattern.</exception>
    public static UrlPatternInit Parse(string text)
    {
        var parser = new ConstructorStringParser(text);
        while (parser._state != State.Done)
        {
            parser._increment = 1;
            parser.Next();
            parser._index += parser._increment;
        }

        string? hostname = parser._found.GetValueOrDefault(State.Hostname);
        return new UrlPatternInit
        {
            Protocol = parser._found.GetValueOrDefault(State.Protocol),
            Username = parser._found.GetValueOrDefault(State.Username),
            Password = parser._found.GetValueOrDefault(State.Password),
            Hostname = hostname,

            // Who names a host and no port means the default port, not any.
            Port = parser._found.GetValueOrDefault(State.Port) ?? (hostname is null ? null : ""),
            Pathname = parser._found.GetValueOrDefault(State.Pathname),
            Search = parser._found.GetValueOrDefault(State.Search),
            Hash = parser._found.GetValueOrDefault(State.Hash),
        };
    }

    private void Next()
    {
        PatternTokenKind kind = _tokens[_index].Kind;
        if (kind == PatternTokenKind.End)
        {
            AtEnd();
        }
        else if (kind == PatternTokenKind.Open)
        {
            _groupDepth++;
        }
        else if (_groupDepth > 0 && kind != PatternTokenKind.Close)
        {
            // No component ends within a group.
        }
        else
        {
            _groupDepth -= _groupDepth > 0 ? 1 : 0;
            InState();
        }
    }

    private void AtEnd()
    {
        switch (_state)
        {
            case State.Init:
                // No protocol was found, so the pattern is relative and begins with a path, a search or a hash.
                Rewind();
                if (Is('#'))
                {
                    Change(State.Hash, 1);
                }
                else if (IsSearchPrefix())
                {
                    Change(State.Search, 1);
                }
                else
                {
                    Change(State.Pathname, 0);
                }

                break;
            case State.Authority:
                RewindTo(State.Hostname);
                break;
            default:
                Change(State.Done, 0);
                break;
        }
    }

    private void InState()
    {
        switch (_state)
        {
            case State.Init when Is(':'):
                RewindTo(State.Protocol);
                break;
            case State.Protocol when Is(':'):
                _isSpecial = UrlPattern.MatchesSpecialScheme(UrlPattern.CompileProtocol(Component()));
                bool hasSlashes = Is('/', 1) && Is('/', 2);
                Change(hasSlashes || _isSpecial ? State.Authority : State.Pathname, hasSlashes ? 3 : 1);
                break;
            case State.Authority when Is('@'):
                RewindTo(State.Username);
                break;
            case State.Authority when Is('/') || IsSearchPrefix() || Is('#'):
                RewindTo(State.Hostname);
                break;
            case State.Username when Is(':'):
                Change(State.Password, 1);
                break;
            case State.Username or State.Password when Is('@'):
                Change(State.Hostname, 1);
                break;
            case State.Hostname when Is('['):
                _bracketDepth++;
                break;
            case State.Hostname when Is(']'):
                _bracketDepth--;
                break;
            case State.Hostname when Is(':') && _bracketDepth == 0:
                Change(State.Port, 1);
                break;
            case State.Hostname or State.Port when Is('/'):
                Change(State.Pathname, 0);
                break;
            case State.Hostname or State.Port or State.Pathname when IsSearchPrefix():
                Change(State.Search, 1);
                break;
            case State.Hostname or State.Port or State.Pathname or State.Search when Is('#'):
                Change(State.Hash, 1);
                break;
        }
    }

    private void Change(State next, int skip)
    {
        if (_state is not (State.Init or State.Authority))
        {
            _found[_state] = Component();
        }

        if (_state != State.Init && next != State.Done)
        {
            // What stands before a component that is given, and is not given itself, is empty.
            if (_state < State.Hostname && next > State.Hostname)
            {
                _found.TryAdd(State.Hostname, "");
            }

            if (_state < State.Pathname && next > State.Pathname)
            {
                _found.TryAdd(State.Pathname, _isSpecial ? "/" : "");
            }

            if (_state < State.Search && next > State.Search)
            {
                _found.TryAdd(State.Search, "");
            }
        }

        _state = next;
        _index += skip;
        _componentStart = _index;
        _increment = 0;
    }

    private void Rewind()
    {
        _index = _componentStart;
        _increment = 0;
    }

    private void RewindTo(State state)
    {
        Rewind();
        _state = state;
    }

    private string Component() => _text[Token(_componentStart).Index..Token(_index).Index];

    private PatternToken Token(int index) => index < _tokens.Count ? _tokens[index] : _tokens[^1];

    private bool Is(char character, int ahead = 0)
    {
        PatternToken token = Token(_index + ahead);
        return token.Value.Length == 1 && token.Value[0] == character
            && token.Kind is PatternTokenKind.Char or PatternTokenKind.EscapedChar or PatternTokenKind.InvalidChar;
    }

    // A question mark after a group makes the group optional.
    private bool IsSearchPrefix() =>
        Is('?')
        || (Token(_index).Value == "?"
            && (_index == 0 || Token(_index - 1).Kind is not (PatternTokenKind.Name or PatternTokenKind.Regexp or PatternTokenKind.Close or PatternTokenKind.Asterisk)));
}
