namespace Tidings.Server.Tests.Nodes;

/// <summary>The commands of one section of a document, as they stand there, with other addresses and nothing else changed.</summary>
internal static class DocumentedCommands
{
    /// <summary>The blocks of code of the section.</summary>
    /// <param name="file">The document's path in the repository.</param>
    /// <param name="heading">The section's heading, with its number signs.</param>
    /// <param name="changes">What the document names, and what a test has in its place.</param>
    public static string[] Read(string file, string heading, params (string There, string Here)[] changes)
    {
        string text = $"\n{Repository.Read(file)}";
        int begin = text.IndexOf($"\n{heading}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"{file} has no section \"{heading}\".");
        int end = text.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
        string section = end < 0 ? text[begin..] : text[begin..end];
        foreach ((string there, string here) in changes)
        {
            Assert.Contains(there, section, StringComparison.Ordinal);
            section = section.Replace(there, here, StringComparison.Ordinal);
        }

        // What is between two fences, without the language after the first.
        return [.. section.Split("```").Where((_, index) => index % 2 == 1).Select(block => block[(block.IndexOf('\n', StringComparison.Ordinal) + 1)..])];
    }
}
