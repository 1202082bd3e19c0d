namespace Tidings.Browser.Tests.Hub;

/// <summary>The scripts of <c>docs/guides/mercure.md</c>, which are run as they stand there.</summary>
internal static class GuideScript
{
    private const string Fence = "```";

    /// <summary>The script that declares the function.</summary>
    public static string Declaring(string function)
    {
        string guide = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "mercure.md")).ReplaceLineEndings("\n");
        return guide.Split($"\n{Fence}js\n").Skip(1).Select(block => block.Split($"\n{Fence}")[0]).Single(script => script.Contains($"function {function}(", StringComparison.Ordinal));
    }
}
