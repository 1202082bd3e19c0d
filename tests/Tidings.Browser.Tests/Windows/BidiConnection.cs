using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using Tidings.Testing;

namespace Tidings.Browser.Tests;

/// <summary>A connection of WebDriver BiDi (W3C, "WebDriver BiDi", 3): commands with answers, and events between them, as JSON over a WebSocket.</summary>
internal sealed class BidiConnection : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _commands = new();
    private readonly Action<string, JsonElement> _onEvent;
    private long _lastId;
    private Task _receiving = Task.CompletedTask;

    private BidiConnection(Action<string, JsonElement> onEvent) => _onEvent = onEvent;

    /// <summary>Connects.</summary>
    /// <param name="address">The address of sessions.</param>
    /// <param name="onEvent">Called with the name and the parameters of each event, one after the other.</param>
    public static async Task<BidiConnection> ConnectAsync(Uri address, Action<string, JsonElement> onEvent)
    {
        var connection = new BidiConnection(onEvent);
        using var patience = new CancellationTokenSource(Hang.Limit);
        await connection._socket.ConnectAsync(address, patience.Token);
        connection._receiving = connection.ReceiveAsync();
        return connection;
    }

    /// <summary>Sends a command and waits for its result.</summary>
    /// <exception cref="BidiException">The browser has answered with an error, or is gone.</exception>
    public async Task<JsonElement> SendAsync(string method, object parameters)
    {
        long id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands[id] = answer;
        byte[] message = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal) { ["id"] = id, ["method"] = method, ["params"] = parameters }, PageScript.Json);
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        try
        {
            return await answer.Task.WaitAsync(Hang.Limit);
        }
        catch (TimeoutException late)
        {
            throw new BidiException("no answer", $"{method} was not answered within {Hang.Limit}.", late);
        }
        finally
        {
            _commands.TryRemove(id, out _);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _receiving;
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(message.GetMemory(64 * 1024), CancellationToken.None);
                message.Advance(part.Count);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                if (part.EndOfMessage)
                {
                    Take(JsonElement.Parse(message.WrittenSpan));
                    message.ResetWrittenCount();
                }
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException)
        {
            // The browser has ended, or the tests have.
        }

        foreach (TaskCompletionSource<JsonElement> command in _commands.Values)
        {
            command.TrySetException(new BidiException("gone", "The browser has closed the connection."));
        }
    }

    private void Take(JsonElement message)
    {
        switch (message.GetProperty("type").GetString())
        {
            case "event":
                _onEvent(message.GetProperty("method").GetString()!, message.GetProperty("params")); // every event has both
                break;
            case "success" when _commands.TryGetValue(message.GetProperty("id").GetInt64(), out TaskCompletionSource<JsonElement>? command):
                command.TrySetResult(message.GetProperty("result"));
                break;
            case "error" when message.GetProperty("id") is { ValueKind: JsonValueKind.Number } id && _commands.TryGetValue(id.GetInt64(), out TaskCompletionSource<JsonElement>? command):
                command.TrySetException(new BidiException(message.GetProperty("error").GetString()!, message.GetProperty("message").GetString()!)); // every error has both
                break;
        }
    }
}
