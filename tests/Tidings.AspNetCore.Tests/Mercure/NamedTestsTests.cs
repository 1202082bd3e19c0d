using System.Text.RegularExpressions;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Mercure;

/// <summary>The tables of the documents that say which test proves what: a test that is renamed or removed is noticed there.</summary>
public sealed partial class NamedTestsTests
{
    [Theory]
    [InlineData("mercure.md", 60)]
    [InlineData("threats.md", 40)]
    public void Every_test_that_a_table_names_exists(string document, int atLeast)
    {
        HashSet<string> tests = TestsInSources();
        string[] named = [.. TestName().Matches(File.ReadAllText(Path.Combine(PublicApi.RepositoryRoot(), "docs", "internals", document))).Select(match => match.Groups["name"].Value)];

        Assert.Empty(named.Where(name => !tests.Contains(name)).Distinct());
        Assert.True(named.Distinct().Count() >= atLeast, $"Only {named.Distinct().Count()} tests are named.");
    }

    // By their sources, because most tests are in other assemblies than this one.
    private static HashSet<string> TestsInSources()
    {
        var tests = new HashSet<string>(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(PublicApi.RepositoryRoot(), "tests"), "*Tests.cs", SearchOption.AllDirectories))
        {
            foreach (Match method in TestMethod().Matches(File.ReadAllText(file)))
            {
                tests.Add($"{Path.GetFileNameWithoutExtension(file)}.{method.Groups["name"].Value}");
            }
        }

        return tests;
    }

    [GeneratedRegex(@"`(?<name>[A-Z]\w*Tests\.[A-Z]\w+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex TestName();

    [GeneratedRegex(@"^    public (?:async )?(?:Task|void) (?<name>\w+)\(", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex TestMethod();
}
