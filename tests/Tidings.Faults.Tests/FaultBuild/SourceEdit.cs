namespace Tidings.Faults.Tests.FaultBuild;

/// <summary>A change of the product's source that only the fault build has.</summary>
/// <param name="File">The file, from the root of the repository.</param>
/// <param name="Original">What is replaced; it stands in the file exactly once.</param>
/// <param name="Replacement">What takes its place.</param>
public sealed record SourceEdit(string File, string Original, string Replacement)
{
    /// <summary>Applies edits of one file to its text.</summary>
    /// <exception cref="InvalidOperationException">One of them does not fit the file any more; the message says which.</exception>
    public static string Apply(string text, IEnumerable<(string Name, SourceEdit Edit)> edits)
    {
        var places = new List<(int At, string Name, SourceEdit Edit)>();
        foreach ((string name, SourceEdit edit) in edits)
        {
            int at = text.IndexOf(edit.Original, StringComparison.Ordinal);
            if (at < 0 || text.IndexOf(edit.Original, at + 1, StringComparison.Ordinal) >= 0)
            {
                throw new InvalidOperationException(
                    $"The edit \"{name}\" no longer applies: {edit.File} must hold this exactly once, and holds it {(at < 0 ? "nowhere" : "several times")}. Bring the edit up to date.\n{edit.Original}");
            }

            places.Add((at, name, edit));
        }

        places.Sort((one, other) => other.At.CompareTo(one.At));
        for (int i = 0; i < places.Count; i++)
        {
            (int at, string name, SourceEdit edit) = places[i];
            if (i > 0 && at + edit.Original.Length > places[i - 1].At)
            {
                throw new InvalidOperationException($"The edits \"{name}\" and \"{places[i - 1].Name}\" change the same place in {edit.File}. Give one of them another.");
            }

            text = string.Concat(text.AsSpan(0, at), edit.Replacement, text.AsSpan(at + edit.Original.Length));
        }

        return text;
    }
}
