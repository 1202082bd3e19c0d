namespace Tidings;

/// <summary>What a pattern may be at most.</summary>
/// <param name="MaxBytes">Its length in UTF-8.</param>
/// <param name="MaxGroups">How many groups, wildcards and variables it may have.</param>
internal readonly record struct PatternLimits(int MaxBytes, int MaxGroups)
{
    public static readonly PatternLimits Default = new(4096, 16);
}
