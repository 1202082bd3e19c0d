using System.Text;

namespace Tidings.Testing;

/// <summary>A request as it came over the wire; header values are read as UTF-8.</summary>
/// <param name="Method">Such as <c>GET</c>.</param>
/// <param name="Target">Path and query.</param>
/// <param name="Headers">Every header line, in its order.</param>
/// <param name="Head">All bytes up to the blank line, and that.</param>
/// <param name="Body">All bytes after it.</param>
public sealed record ScriptedRequest(
    string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body)
{
    /// <summary>The value of the only header of that name; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">There are several.</exception>
    public string? Header(string name)
    {
        string[] values = [.. Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];
        return values.Length switch
        {
            0 => null,
            1 => values[0],
            _ => throw new InvalidOperationException($"There are {values.Length} headers {name}."),
        };
    }

    internal static ScriptedRequest Parse(byte[] head)
    {
        string[] lines = Encoding.UTF8.GetString(head).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] first = lines[0].Split(' ');
        var headers = new List<KeyValuePair<string, string>>();
        foreach (string line in lines.Skip(1))
        {
            string[] parts = line.Split(':', 2);
            headers.Add(new(parts[0], parts[1].Trim(' ')));
        }

        return new ScriptedRequest(first[0], first[1], headers, head, ReadOnlyMemory<byte>.Empty);
    }
}
