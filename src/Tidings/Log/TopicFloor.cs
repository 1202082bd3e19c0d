namespace Tidings;

/// <summary>The oldest sequence that is still whole for some topics, where retention keeps less of them than of the rest.</summary>
/// <param name="Matcher">The topics.</param>
/// <param name="Floor">Events on those topics below this sequence may be gone.</param>
public sealed record TopicFloor(TopicMatcher Matcher, long Floor);
