namespace Tidings.Tests.Topics;

/// <summary>URL patterns that were thought up to cost as much as possible, and the topics that they like least. The benchmark measures the same.</summary>
internal static class EvilPatterns
{
    private const string Path = "https://a.b/";

    private static readonly string[] Cores = ["a", "[ab]", ".", "\\w", "(?:a|b)", "(?:a|a)", "(?:a|aa)", "(?:a?)", "(?:a*)", "(?:[a-z]+,?)", "(?:\\ba|b\\B)", "(?:|a|b)"];

    // In each of them X is the core.
    private static readonly string[] Shapes =
    [
        "X*", "(?:X*)*b", "(?:X+)+b", "(?:(?:X+)+)+b", "X*X*X*X*X*X*b", "(?:X|X)*b", "(?:X|X|X|X)+b", "X{100}", "(?:X{10}){10}b", "X?X?X?X?X?X?XXXXXX", "X{0,100}X{100}", "(?:X?){50}X{50}",
        ".*aX{12}", ".*aX{40}", ".*X{12}a.{12}", "(?:.*X){8}.{20}", ".*X.*X.*X.*X.*b", "(?:.*a|.*b|.*X){6}", "(?:X{3}|X{5}|X{7})*b", "(?:X{11}|X{13}|X{17}|X{19}|X{23})*", "(?:.*X.{3}){6}", "(?:X{1000}){1000}",
        "(?:(?:X{0}){1000000}){1000000}", "(?:(?:X{0}){1000}){1000}", "(?:^X|X$)*", "(?:.{0,30}a){0,30}X",
    ];

    private static readonly string[] WithoutExpressions =
    [
        "*a*a*a*a*a*a*a*b", "{a}*{a}*{a}*{a}*b", ":a:b:c:d:e:f", ":a-:b-:c-:d-:e-:f-:g", "{:a,}*{:b,}*c", "{:a,}+{:b,}+{:c,}+d", "{*a}*{*a}*b", "{*a}+{*b}+{*a}+{*b}+x", "{:a(.*)a}*{:b(.*)a}*x", "{a}?{a}?{a}?{a}?{a}?{a}?b",
        "(.*)(.*)(.*)(.*)z", "(.*)a(.*)a(.*)a(.*)a(.*)z", "(a*)(a*)(a*)(a*)(.*)b", "*(a.{12})", "(.{12})*(a.{12})", ":x(.*a.{12})", "{(.*a)}*(.{12})", "*?*?*?*?*?x", "*:a(.*):b(.*)x", "{,*}*{,*}*,x",
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<string> All =>
        Cores.SelectMany(core => Shapes.Select(shape => $"{Path}({shape.Replace("X", core, StringComparison.Ordinal)})")).Concat(WithoutExpressions.Select(pattern => Path + pattern));

    /// <summary>Topics as long as there can be.</summary>
    public static IReadOnlyList<Topic> Topics { get; } = [Topic.Of(Path + new string('a', 4080)), Topic.Of(Path + string.Concat(Enumerable.Repeat("ab,", 1360))), Random()];

    private static Topic Random()
    {
        var random = new Random(1);
        return Topic.Of(Path + new string([.. Enumerable.Range(0, 4080).Select(_ => "abx,"[random.Next(4)])]));
    }
}
