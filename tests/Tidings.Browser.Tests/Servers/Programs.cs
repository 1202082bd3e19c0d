namespace Tidings.Browser.Tests;

/// <summary>Finds the programs of the machine that the tests need.</summary>
internal static class Programs
{
    // Where Debian keeps servers, which is not on everybody's path.
    private static readonly string[] MorePlaces = ["/usr/bin", "/usr/sbin", "/usr/local/sbin"];

    /// <summary>Finds one of <paramref name="names"/>. A program that is missing fails the test: a test that did not run has not passed.</summary>
    public static string Find(string package, params string[] names)
    {
        IEnumerable<string> places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(MorePlaces);
        return places.SelectMany(place => names.Select(name => Path.Combine(place, name))).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                $"These tests need {string.Join(" or ", names)}, which is not on this machine. On Debian and Ubuntu: apt-get install {package}");
    }
}
