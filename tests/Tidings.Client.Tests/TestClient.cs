using System.Threading.Channels;
using Tidings.Testing;

namespace Tidings.Client.Tests;

/// <summary>A source with listeners that write down every notification, in order. Its clock stands still until the test moves it.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();
    private readonly Task _running;

    private TestClient(Uri url, EventSourceOptions options, string[] types)
    {
        Source = new EventSource(url, options);
        Source.Opened += (_, _) => Write($"open {Source.ReadyState}");
        Source.MessageReceived += (_, e) => Write(Describe(e.Event));
        Source.ErrorOccurred += (_, e) =>
        {
            LastError = e.Error;
            Write($"error {e.Error.Reason} {Source.ReadyState}");
        };
        Source.GapReported += (_, e) => Write($"gap {e.Requested} {e.Reason} {e.ResumesAfter}");
        foreach (string type in types)
        {
            Source.AddEventListener(type, e => Write(Describe(e)));
        }

        _running = RunAsync();
    }

    public EventSource Source { get; }

    public EventSourceError? LastError { get; private set; }

    /// <summary>Starts to run a source with the options given; <paramref name="types"/> are listened to besides <c>message</c>.</summary>
    public static TestClient Start(Uri url, EventSourceOptions options, params string[] types) => new(url, options, types);

    /// <summary>The next notification; <c>ended</c> or <c>threw …</c> is the last.</summary>
    public async Task<string> NextAsync() => await _log.Reader.ReadAsync().AsTask().WaitAsync(Hang.Limit);

    /// <summary>Checks that the next notifications are these.</summary>
    public async Task ExpectAsync(params string[] notifications)
    {
        foreach (string notification in notifications)
        {
            Assert.Equal(notification, await NextAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _running.WaitAsync(Hang.Limit);
    }

    private static string Describe(ServerSentEvent e) => e.LastEventId.Length == 0 ? $"{e.Type}: {e.Data}" : $"{e.Type}: {e.Data} #{e.LastEventId}";

    private async Task RunAsync()
    {
        try
        {
            await Source.RunAsync();
            Write("ended");
        }
        catch (Exception e)
        {
            Write($"threw {e.GetType().Name}");
        }
    }

    private void Write(string notification) => _log.Writer.TryWrite(notification);
}
