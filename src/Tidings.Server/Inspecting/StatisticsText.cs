using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidings.Server;

/// <summary>What is said of a log, for people and for programs.</summary>
internal static class StatisticsText
{
    public static string Readable(SqliteLogStatistics log)
    {
        var text = new StringBuilder();
        Line("log", log.Directory);
        Line("in use", log.IsInUse ? "yes, by a hub or another process" : "no");
        Line("files", $"{Size(log.DatabaseBytes)}, write-ahead log {Size(log.WriteAheadBytes)}");
        Line("events", $"{log.Events}, with {Size(log.Bytes)}");
        Line("oldest", Place(log.Oldest));
        Line("newest", Place(log.Newest));
        Line("last", $"{log.Last} is the newest sequence ever given");
        Line("floor", $"{log.Floor} is the oldest sequence that retention has not passed");
        foreach (SqliteLogRule rule in log.Rules)
        {
            Line("rule", $"{rule.Matcher}: {rule.Events} events, with {Size(rule.Bytes)}; floor {rule.Floor}");
        }

        Line("keys", $"{log.IdempotencyKeys} idempotency keys");
        Line("epoch", log.Epoch.ToString("x8", CultureInfo.InvariantCulture));
        Line("version", $"schema {log.SchemaVersion}, SQLite {log.SqliteVersion}");
        return Terminal.Harmless(text.ToString());

        void Line(string name, string value) => text.Append(name.PadRight(9)).Append(value).Append('\n');
    }

    /// <summary>One object and a line end. The names are public: scripts depend on them.</summary>
    public static string Json(SqliteLogStatistics log)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, EventJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("directory", log.Directory);
            json.WriteBoolean("inUse", log.IsInUse);
            json.WriteNumber("databaseBytes", log.DatabaseBytes);
            json.WriteNumber("writeAheadBytes", log.WriteAheadBytes);
            json.WriteNumber("events", log.Events);
            json.WriteNumber("bytes", log.Bytes);
            Write(json, "oldest", log.Oldest);
            Write(json, "newest", log.Newest);
            json.WriteNumber("last", log.Last);
            json.WriteNumber("floor", log.Floor);
            json.WriteStartArray("rules");
            foreach (SqliteLogRule rule in log.Rules)
            {
                json.WriteStartObject();
                json.WriteString("matcher", rule.Matcher);
                json.WriteNumber("floor", rule.Floor);
                json.WriteNumber("events", rule.Events);
                json.WriteNumber("bytes", rule.Bytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("idempotencyKeys", log.IdempotencyKeys);
            json.WriteString("epoch", log.Epoch.ToString("x8", CultureInfo.InvariantCulture));
            json.WriteNumber("schemaVersion", log.SchemaVersion);
            json.WriteString("sqliteVersion", log.SqliteVersion);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n";
    }

    private static void Write(Utf8JsonWriter json, string name, SqliteLogPlace? place)
    {
        if (place is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("sequence", place.Sequence);
        json.WriteString("publishedAt", place.PublishedAt.UtcDateTime);
        json.WriteEndObject();
    }

    private static string Place(SqliteLogPlace? place) =>
        place is null ? "none" : string.Create(CultureInfo.InvariantCulture, $"{place.Sequence}, published {place.PublishedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff'Z'}");

    private static string Size(long bytes) =>
        bytes < 10 * 1024 ? $"{bytes} bytes"
        : bytes < 10 * 1024 * 1024 ? $"{bytes / 1024} KiB"
        : bytes < 10L * 1024 * 1024 * 1024 ? $"{bytes / (1024 * 1024)} MiB"
        : $"{bytes / (1024 * 1024 * 1024)} GiB";
}
