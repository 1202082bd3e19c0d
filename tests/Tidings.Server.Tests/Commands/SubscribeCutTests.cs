using System.Globalization;
using System.Net;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Server.Tests.Commands;

/// <summary>The command in a process of its own, a hub, and between them a proxy that cuts one connection after the other.</summary>
public sealed class SubscribeCutTests
{
    [Fact]
    public async Task Through_100_cut_connections_every_event_comes_once_and_in_order()
    {
        const int Cuts = 100;
        const int EventsPerCut = 5;
        await using TestHub hub = await TestHub.StartAsync();
        await using var proxy = new CuttingProxy(EndPointOf(hub.Url), connection => CutOf(connection, Cuts));
        await using RunningCommand command = RunningCommand.Start(
            ["subscribe", "--hub", Through(proxy, hub.Url), "--topic", "news", "--last-event-id", "earliest", "--json", "--count", $"{(Cuts * EventsPerCut) + 1}"]);

        for (int number = 1; number <= Cuts * EventsPerCut; number++)
        {
            // Published past the HTTP door, which would make it 500 ms: 100 ms is the shortest time that the client waits.
            await hub.Broker.PublishAsync("news", new ServerEvent($"{number}") { Retry = TimeSpan.FromMilliseconds(100) });
            if (number % EventsPerCut == 0)
            {
                await proxy.WaitForCutAsync(Hang.Limit);
            }
        }

        await hub.Broker.PublishAsync("news", $"{(Cuts * EventsPerCut) + 1}");
        await AssertCompleteAsync(command, (Cuts * EventsPerCut) + 1, Cuts);
    }

    [Fact]
    public async Task Through_the_cuts_between_two_processes_every_event_comes_once_and_in_order()
    {
        const int Cuts = 12;
        const int EventsPerCut = 5;
        await using RunningCommand serve = RunningCommand.Start(["serve", "--dev", "--urls", "http://127.0.0.1:0"]);
        Uri hub = await serve.HubAsync();
        await using var proxy = new CuttingProxy(EndPointOf(hub), connection => CutOf(connection, Cuts));
        await using RunningCommand command = RunningCommand.Start(
            ["subscribe", "--hub", Through(proxy, hub), "--topic", "news", "--last-event-id", "earliest", "--json", "--count", $"{(Cuts * EventsPerCut) + 1}"]);

        for (int number = 1; number <= (Cuts * EventsPerCut) + 1; number++)
        {
            Assert.Equal(ExitCode.Ok, await new TestTerminal().RunAsync(
                "publish", "--hub", $"{hub}", "--topic", "news", "--data", number.ToString(CultureInfo.InvariantCulture), "--retry", "500"));
            if (number % EventsPerCut == 0)
            {
                await proxy.WaitForCutAsync(Hang.Limit);
            }
        }

        await AssertCompleteAsync(command, (Cuts * EventsPerCut) + 1, Cuts);
    }

    // The answer begins with 447 bytes of headers, a heartbeat and the place, and an event is 54: with five events for each cut every connection comes to its cut, at another
    // part of an event each time, and most of them live; a few within the headers.
    private static Cut? CutOf(int connection, int cuts) => connection switch
    {
        _ when connection >= cuts => null,
        1 => new Cut(0, CutKind.Reset),
        2 => new Cut(200, CutKind.Reset),
        3 => new Cut(0, CutKind.Fin),
        _ => new Cut(500 + (17 * connection % 175), connection % 2 == 0 ? CutKind.Reset : CutKind.Fin),
    };

    private static IPEndPoint EndPointOf(Uri hub) => new(IPAddress.Loopback, hub.Port);

    private static string Through(CuttingProxy proxy, Uri hub) => new UriBuilder(hub) { Host = "127.0.0.1", Port = proxy.Address.Port }.Uri.AbsoluteUri;

    private static async Task AssertCompleteAsync(RunningCommand command, int events, int cuts)
    {
        (int code, string output, _) = await command.EndAsync();
        Assert.Equal(0, code);
        JsonElement[] lines = [.. output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(
            Enumerable.Range(1, events).Select(number => number.ToString(CultureInfo.InvariantCulture)),
            lines.Where(line => line.GetProperty("event").ValueEquals("message")).Select(line => line.GetProperty("data").GetString()!)); // always there
        Assert.Equal(cuts, lines.Count(line => line.GetProperty("event").ValueEquals("error")));
        Assert.Equal("closed", lines[^1].GetProperty("event").GetString());
    }
}
