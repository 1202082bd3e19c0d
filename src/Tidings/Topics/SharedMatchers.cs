namespace Tidings;

/// <summary>
/// Compiles each distinct pattern once per process for all who use it at the same time. Holds on to none: what nobody uses any more is collected, so what lives here is
/// what brokers have admitted and what requests hold at this moment.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
internal static class SharedMatchers
{
    private const int FirstSweep = 1024;

    private static readonly Lock Gate = new();

    // Both guarded by Gate.
    private static readonly Dictionary<(string Text, Url? Base), WeakReference<PatternMatcher>> Known = [];
    private static int _sweepAt = FirstSweep;

    /// <summary>How many patterns are remembered, those that await collection among them.</summary>
    public static int Count
    {
        get
        {
            lock (Gate)
            {
                return Known.Count;
            }
        }
    }

    /// <exception cref="FormatException">The text is no pattern, or one that cannot be matched in linear time.</exception>
    public static TopicMatcher UrlPattern(string text, Url baseUrl) => Find((text, baseUrl)) ?? Keep((text, baseUrl), new UrlPatternMatcher(text, baseUrl));

    /// <summary>The matcher of a 0.x selector: one that is no template is a topic to be matched exactly.</summary>
    public static TopicMatcher UriTemplate(string text) =>
        Find((text, null))
        ?? (!text.Contains('{', StringComparison.Ordinal) || Tidings.UriTemplate.TryParse(text) is not { } template ? TopicMatcher.Exact(text)
            : Keep((text, null), new UriTemplateMatcher(template)));

    private static PatternMatcher? Find((string Text, Url? Base) key)
    {
        lock (Gate)
        {
            return Known.TryGetValue(key, out WeakReference<PatternMatcher>? known) && known.TryGetTarget(out PatternMatcher? matcher) ? matcher : null;
        }
    }

    private static PatternMatcher Keep((string Text, Url? Base) key, PatternMatcher matcher)
    {
        lock (Gate)
        {
            if (Known.Count >= _sweepAt)
            {
                foreach ((string Text, Url? Base) gone in Known.Where(known => !known.Value.TryGetTarget(out _)).Select(known => known.Key).ToArray())
                {
                    Known.Remove(gone);
                }

                // Sweeping when the number has doubled keeps its cost per pattern constant.
                _sweepAt = Math.Max(FirstSweep, 2 * Known.Count);
            }

            Known[key] = new WeakReference<PatternMatcher>(matcher);
            return matcher;
        }
    }
}
