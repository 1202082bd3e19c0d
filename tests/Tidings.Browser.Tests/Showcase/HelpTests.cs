using System.Net;
using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.Browser.Tests.Showcase;

/// <summary>The help of each page quotes its program. A quote must not outlive what it quotes.</summary>
public sealed partial class HelpTests
{
    private static readonly string Sample = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../samples/Showcase"));

    public static TheoryData<string> Pages { get; } = new(
        Directory.GetFiles(Path.Combine(Sample, "wwwroot"), "index.html", SearchOption.AllDirectories)
            .Where(page => File.ReadAllText(page).Contains("id=\"help\"", StringComparison.Ordinal))
            .Select(page => Path.GetRelativePath(Sample, page)));

    [Theory]
    [MemberData(nameof(Pages))]
    public void The_lines_stand_in_the_file_that_the_help_names(string page)
    {
        string html = File.ReadAllText(Path.Combine(Sample, page));
        string help = html[html.IndexOf("id=\"help\"", StringComparison.Ordinal)..];
        string program = string.Concat(FileName().Matches(help).Select(file => File.ReadAllText(Path.Combine(Sample, file.Groups["name"].Value))));
        string[] lines = WebUtility.HtmlDecode(Quote().Match(help).Groups["lines"].Value).Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Contains(WithoutSpaces(line), WithoutSpaces(program), StringComparison.Ordinal));
    }

    private static string WithoutSpaces(string text) => Spaces().Replace(text, "");

    [GeneratedRegex("<code>(?<name>[A-Za-z]+\\.cs)</code>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex FileName();

    [GeneratedRegex("<pre><code>(?<lines>.*?)</code></pre>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Quote();

    [GeneratedRegex("\\s+", RegexOptions.None, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex Spaces();
}
