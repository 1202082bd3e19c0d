namespace Tidings;

/// <summary>How much is kept of some topics. The bounds hold for all topics together that <see cref="Matcher"/> selects.</summary>
public sealed class TopicRetention : Retention
{
    /// <summary>Selects the topics: one topic exactly, or <c>*</c>.</summary>
    public string Matcher { get; set; } = "";

    /// <summary>Which of the events are kept. Default: all, within the bounds.</summary>
    public Keep Keep { get; set; } = Keep.All;

    /// <inheritdoc />
    internal override string? Complaint() =>
        !TopicMatcher.TryParse(Matcher, out _, out string? complaint) ? $"{nameof(Matcher)} is \"{Matcher}\". {complaint}"
        : !Enum.IsDefined(Keep) ? $"{nameof(Keep)} is {Keep}; it must be All, Latest or None."
        : base.Complaint();
}

/// <summary>Which events are kept for those who come later.</summary>
public enum Keep
{
    /// <summary>All of them, within the bounds.</summary>
    All,

    /// <summary>The newest one of each topic: for topics where an event replaces the one before. What was replaced is no gap.</summary>
    Latest,

    /// <summary>
    /// None: subscribers who are there and keep up receive them; whoever comes later, or has fallen behind what the ring holds, does not learn of them. That is
    /// no gap either.
    /// </summary>
    None,
}
