namespace Tidings;

/// <summary>A matcher that selects topics by more than their own text. The index finds it by its key.</summary>
internal abstract record PatternMatcher : TopicMatcher
{
    /// <summary>What every topic that it can match is looked up by (<see cref="PrefixKey"/>).</summary>
    public abstract string Key { get; }

    // Two patterns may have a topic in common whatever their texts look like.
    internal override bool Overlaps(TopicMatcher other) => other is not ExactMatcher exact || Matches(exact.Topic);
}

/// <summary>Selects topics by a URL Pattern. Equal if text and base are.</summary>
internal sealed record UrlPatternMatcher : PatternMatcher
{
    private readonly UrlPattern _pattern;
    private readonly int _hash;

    /// <exception cref="FormatException">The text is no pattern, or one that cannot be matched in linear time.</exception>
    public UrlPatternMatcher(string text, Url baseUrl)
    {
        Text = text;
        Base = baseUrl;
        _pattern = Tidings.UrlPattern.Parse(text, baseUrl);
        _hash = HashCode.Combine(text, baseUrl);
    }

    public Url Base { get; }

    public override string Key => _pattern.Key;

    internal override string TypeName => "urlpattern";

    internal override string Text { get; }

    internal override int GroupCount => _pattern.GroupCount;

    public override bool Matches(Topic topic)
    {
        Span<char> scratch = stackalloc char[UrlParts.ScratchLength];
        return UrlParts.TryRead(topic.Value, Base, scratch, out UrlParts url) && _pattern.Matches(url);
    }

    /// <summary>Says whether a topic that was read against <see cref="Base"/> is selected.</summary>
    public bool Matches(in UrlParts url) => _pattern.Matches(url);

    public bool Equals(UrlPatternMatcher? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && Text == other.Text && Base == other.Base);

    public override int GetHashCode() => _hash;
}

/// <summary>Selects topics by a URI template read backwards. Equal if the text is.</summary>
internal sealed record UriTemplateMatcher(UriTemplate Template) : PatternMatcher
{
    public override string Key => Template.Key;

    internal override string TypeName => "uritemplate";

    internal override string Text => Template.Text;

    internal override int GroupCount => Template.VariableCount;

    public override bool Matches(Topic topic) => Template.Matches(topic.Value);

    public bool Equals(UriTemplateMatcher? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
