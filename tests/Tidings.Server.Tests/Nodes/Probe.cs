using System.Net.Sockets;
using System.Net;
using Tidings.Testing;

namespace Tidings.Server.Tests.Nodes;

/// <summary>Asks a hub as those do who watch over it and those who use it.</summary>
internal static class Probe
{
    /// <summary>Waits until the address answers so, and returns the body.</summary>
    public static async Task<string> WaitAsync(HttpClient client, Uri address, HttpStatusCode status)
    {
        using var patience = new CancellationTokenSource(Hang.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        string last = "nothing";
        try
        {
            while (true)
            {
                try
                {
                    using HttpResponseMessage response = await client.GetAsync(address, patience.Token);
                    last = $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(patience.Token)}";
                    if (response.StatusCode == status)
                    {
                        return last;
                    }
                }
                catch (Exception refused) when (refused is HttpRequestException or SocketException)
                {
                    last = refused.Message;
                }

                await timer.WaitForNextTickAsync(patience.Token);
            }
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"{address} answered: {last}", late);
        }
    }

    public static async Task<HttpStatusCode> StatusAsync(HttpClient client, Uri address)
    {
        using HttpResponseMessage response = await client.GetAsync(address);
        return response.StatusCode;
    }

    /// <summary>Publishes one event; the answer's status and its body, which is the event's id.</summary>
    public static async Task<(HttpStatusCode Status, string Answer)> PublishAsync(HttpClient client, Uri hub, string topic, string data, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, hub) { Content = new FormUrlEncodedContent([new("topic", topic), new("data", data)]) };
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        using HttpResponseMessage response = await client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
