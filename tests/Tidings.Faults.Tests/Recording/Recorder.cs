using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidings.Faults.Tests.Recording;

/// <summary>
/// Writes down what publishers and chains see, in one order. Held in memory, as millions of entries; written to a file of JSON lines when somebody has to look at it.
/// </summary>
/// <remarks>Safe for use from several threads.</remarks>
public sealed class Recorder
{
    private const char KeyEnd = ' ';

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowOutOfOrderMetadataProperties = true,
    };

    private readonly Lock _gate = new();
    private readonly List<HistoryEntry> _entries = []; // Guarded by _gate.
    private readonly Dictionary<string, (PublishInvoked Publish, int At)> _published = new(StringComparer.Ordinal); // Guarded by _gate.
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal); // By key. Guarded by _gate.

    /// <summary>How much has been written down so far, which is the place of what comes next.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>What has been written down so far.</summary>
    public IReadOnlyList<HistoryEntry> Snapshot()
    {
        lock (_gate)
        {
            return [.. _entries];
        }
    }

    /// <summary>Writes down anything but a received event.</summary>
    public void Add(HistoryEntry entry)
    {
        lock (_gate)
        {
            if (entry is PublishInvoked publish)
            {
                _published.Add(publish.Key, (publish, _entries.Count));
            }

            _entries.Add(entry);
        }
    }

    /// <summary>
    /// Writes down that <paramref name="chain"/> received an event. Texts that are known from the publish are shared with it, because fifty chains receive each event.
    /// </summary>
    /// <returns>The place at which it was sent; -1 if it never was.</returns>
    public int AddReceived(string chain, string type, string id, string data)
    {
        int end = data.IndexOf(KeyEnd, StringComparison.Ordinal);
        string key = end < 0 ? data : data[..end];
        lock (_gate)
        {
            if (!_published.TryGetValue(key, out (PublishInvoked Publish, int At) sent))
            {
                _entries.Add(new Received(chain, Key: null, type, id, data));
                return -1;
            }

            PublishInvoked publish = sent.Publish;
            if (!_ids.TryGetValue(publish.Key, out string? shared))
            {
                _ids.Add(publish.Key, shared = id);
            }

            _entries.Add(new Received(
                chain,
                publish.Key,
                type,
                string.Equals(shared, id, StringComparison.Ordinal) ? shared : id,
                string.Equals(publish.Data, data, StringComparison.Ordinal) ? null : data));
            return sent.At;
        }
    }

    /// <summary>Writes the history to a file, one entry per line, and returns its full path.</summary>
    public string Save(string name)
    {
        string directory = Path.Combine(Repository.Root, "artifacts", "histories");
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, $"{name}.jsonl");
        using FileStream file = File.Create(path);
        foreach (HistoryEntry entry in Snapshot())
        {
            JsonSerializer.Serialize(file, entry, Json);
            file.WriteByte((byte)'\n');
        }

        return path;
    }

    /// <summary>Reads a history that was saved.</summary>
    public static IReadOnlyList<HistoryEntry> Load(string path) =>
        [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<HistoryEntry>(line, Json)!)]; // a line is never "null"
}
