using System.Diagnostics;
using Tidings.Testing;

namespace Tidings.Server.Tests.Serving;

public sealed class StopTests
{
    private const int Streams = 1000;
    private const int Events = 20;

    [Fact]
    public async Task A_hub_with_a_thousand_open_streams_gives_each_what_was_committed_and_ends_with_code_0_in_seconds()
    {
        await using RunningCommand command = RunningCommand.Start(["serve", "--dev", "--urls", "http://127.0.0.1:0", .. Endings.Settings]);
        Uri hub = await command.HubAsync();
        TestStream[] streams = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ =>
            TestStream.OpenAsync(new HttpClient(), new HttpRequestMessage(HttpMethod.Get, $"{hub}?match=news"))));
        using var publisher = new HttpClient();
        for (int i = 0; i < Events; i++)
        {
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("topic", "news"), KeyValuePair.Create("data", $"{i}")]);
            (await publisher.PostAsync(hub, form, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        }

        Task<bool>[] reading = [.. streams.Select(Endings.IsInOrderAsync)];
        var watch = Stopwatch.StartNew();
        command.Signal("TERM");
        (int code, _, string error) = await command.EndAsync();

        Assert.True(code == 0, error);
        bool[] inOrder = await Task.WhenAll(reading);
        Endings.AssertInOrder(inOrder, error);
        string[] expected = [.. Enumerable.Range(0, Events).Select(number => $"{number}")];
        Assert.All(streams.Zip(inOrder), one =>
        {
            string[] received = [.. one.First.Events.Select(decoded => decoded.Data)];
            Assert.Equal(one.Second ? expected : expected[..received.Length], received); // one that was cut has a beginning
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"Ended after {watch.Elapsed.TotalSeconds:F1} s.");
        foreach (TestStream stream in streams)
        {
            await stream.DisposeAsync();
        }
    }
}
