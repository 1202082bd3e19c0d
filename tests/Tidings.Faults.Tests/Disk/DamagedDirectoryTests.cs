using System.Globalization;
using Tidings.Faults.Tests.Host;
using Tidings.Faults.Tests.Load;
using Tidings.Testing;

namespace Tidings.Faults.Tests.Disk;

/// <summary>A hub that finds its files damaged: it refuses to start and says what to do, or serves what is left, unaltered, and tells what is missing.</summary>
public sealed class DamagedDirectoryTests
{
    private const int Published = 400;
    private const string Database = "log.db";
    private const string Wal = "log.db-wal";
    private const string GapType = "tidings-gap";
    private const string End = "end";

    private static int Rounds => TortureOptions.IsLong ? 20 : 1;

    [Fact]
    public async Task A_hub_on_damaged_files_says_what_to_do_or_serves_what_is_left_unaltered()
    {
        int seed = new TortureOptions { Name = "damage" }.Seed;
        TestContext.Current.TestOutputHelper?.WriteLine($"damage: seed {seed}");
        var random = new Random(seed);
        using var killed = new DataDirectory();
        using var stopped = new DataDirectory();
        Dictionary<string, string> inKilled = await FillAsync(killed, Signal.Kill);
        Dictionary<string, string> inStopped = await FillAsync(stopped, Signal.Terminate);
        var complaints = new List<string>();
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((string what, string file, Action<FileStream> damage) in Damages(random))
            {
                bool isWal = file == Wal;
                string? complaint = await ComplaintAsync(isWal ? killed : stopped, isWal ? inKilled : inStopped, file, damage);
                if (complaint is not null)
                {
                    complaints.Add($"{what} in {file}: {complaint}");
                }
            }
        }

        Assert.Empty(complaints);
    }

    private static IEnumerable<(string What, string File, Action<FileStream> Damage)> Damages(Random random)
    {
        foreach (string file in (string[])[Database, Wal])
        {
            yield return ("a flipped bit", file, stream => Flip(stream, random.NextInt64(stream.Length), random));
            yield return ("a flipped bit near the end", file, stream => Flip(stream, stream.Length - 1 - random.Next(4096), random));
            yield return ("half of it cut off", file, stream => stream.SetLength(stream.Length / 2));
            yield return ("an odd length", file, stream => stream.SetLength(stream.Length - 100));
            yield return ("a page of zeros", file, stream => Write(stream, random.NextInt64(stream.Length / 4096) * 4096, new byte[4096]));
        }

        yield return ("a flipped bit in the first page", Database, stream => Flip(stream, random.Next(100), random));
    }

    private static void Flip(FileStream stream, long at, Random random)
    {
        stream.Position = at;
        int old = stream.ReadByte();
        Write(stream, at, [(byte)(old ^ (1 << random.Next(8)))]);
    }

    private static void Write(FileStream stream, long at, byte[] bytes)
    {
        stream.Position = at;
        stream.Write(bytes);
    }

    private static async Task<Dictionary<string, string>> FillAsync(DataDirectory data, Signal end)
    {
        var published = new Dictionary<string, string>(StringComparer.Ordinal);
        do
        {
            await FillAsync(data, end, published);
        }
        while (end == Signal.Kill && new FileInfo(Path.Combine(data.Path, Wal)).Length == 0); // a hub that had a quiet second before its end has moved everything into the database

        return published;
    }

    private static async Task FillAsync(DataDirectory data, Signal end, Dictionary<string, string> published)
    {
        await using HostProcess host = HostProcess.Start(OptionsAt(data.Path));
        Uri hub = await host.ReadyAsync();
        using var client = new HttpClient();
        for (int i = 0; i < Published; i++)
        {
            string text = $"{i.ToString(CultureInfo.InvariantCulture)} {new string('x', 500)}";
            published.Add(await PublishAsync(client, hub, text), text);
        }

        host.Send(end);
        await host.ExitedAsync();
    }

    private static async Task<string?> ComplaintAsync(DataDirectory data, Dictionary<string, string> published, string file, Action<FileStream> damage)
    {
        DirectoryInfo copy = Directory.CreateTempSubdirectory("tidings-damaged-");
        try
        {
            foreach (string original in (string[])[Database, Wal])
            {
                if (File.Exists(Path.Combine(data.Path, original)))
                {
                    File.Copy(Path.Combine(data.Path, original), Path.Combine(copy.FullName, original));
                }
            }

            using (FileStream stream = new(Path.Combine(copy.FullName, file), FileMode.Open, FileAccess.ReadWrite))
            {
                damage(stream);
            }

            await using HostProcess host = HostProcess.Start(OptionsAt(copy.FullName));
            Uri hub;
            try
            {
                hub = await host.ReadyAsync();
            }
            catch (InvalidOperationException)
            {
                bool isHelpful = await host.ExitedAsync() != 0 && (host.Log.Contains("tidings log verify", StringComparison.Ordinal) || host.Log.Contains("(--data)", StringComparison.Ordinal));
                return isHelpful ? null : $"the hub does not start, and does not say what to do:\n{host.Log}";
            }

            return await ServedComplaintAsync(hub, published, mayEndEarly: file == Wal).WaitAsync(Hang.Limit);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static async Task<string?> ServedComplaintAsync(Uri hub, Dictionary<string, string> published, bool mayEndEarly)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{hub}?match=*"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", published.First().Key);
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var ending = new CancellationTokenSource();
        Task ends = PublishEndsAsync(client, hub, ending.Token);
        try
        {
            return await ReadComplaintAsync(new BlockReader(await response.Content.ReadAsStreamAsync()), published, mayEndEarly);
        }
        finally
        {
            await ending.CancelAsync();
            await ends;
        }
    }

    // Again and again: after a gap a stream goes on with what is published from then on.
    private static async Task PublishEndsAsync(HttpClient client, Uri hub, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await PublishAsync(client, hub, End);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<string?> ReadComplaintAsync(BlockReader blocks, Dictionary<string, string> published, bool mayEndEarly)
    {
        string[] expected = [.. published.Keys.Skip(1)];
        int next = 0;
        bool isGapTold = false;
        while (await blocks.ReadAsync(CancellationToken.None) is { } block)
        {
            foreach (DecodedEvent received in block.Events)
            {
                if (received.Type == GapType)
                {
                    isGapTold = true;
                    continue;
                }

                if (received.Data == End)
                {
                    // What SQLite can no longer prove at the end of its write-ahead log was never stored, as far as it can tell.
                    return next == expected.Length || isGapTold || mayEndEarly ? null : $"{expected.Length - next} events are missing at the end, and no gap was told.";
                }

                int at = Array.IndexOf(expected, received.LastEventId, next);
                if (at < 0 || published[received.LastEventId] != received.Data)
                {
                    return $"{received.LastEventId} came with other data than was published, or out of order.";
                }

                if (at > next && !isGapTold)
                {
                    return $"{at - next} events are missing before {received.LastEventId}, and no gap was told.";
                }

                next = at + 1;
                isGapTold = false;
            }
        }

        return "the stream ended.";
    }

    private static async Task<string> PublishAsync(HttpClient client, Uri hub, string data)
    {
        using var form = new FormUrlEncodedContent([new("topic", "t"), new("data", data)]);
        using HttpResponseMessage response = await client.PostAsync(hub, form);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    private static HostOptions OptionsAt(string directory) => new()
    {
        Program = HostProgram.Serve,
        DataDirectory = directory,
        Settings = new Dictionary<string, string> { ["Tidings:PublishTimeout"] = "00:02:00" },
    };
}
