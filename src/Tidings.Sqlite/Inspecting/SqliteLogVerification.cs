namespace Tidings;

/// <summary>What <see cref="SqliteLogInspector.Verify"/> has found.</summary>
/// <param name="Events">How many events are as they were written.</param>
/// <param name="Problems">What is wrong, each as a sentence; at most <see cref="MaxProblems"/>. Empty for a sound log.</param>
/// <param name="FurtherProblems">How many more there are.</param>
public sealed record SqliteLogVerification(long Events, IReadOnlyList<string> Problems, long FurtherProblems)
{
    /// <summary>How many problems are told one by one: 100.</summary>
    public const int MaxProblems = 100;
}
