using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>When a publish is answered: its event is stored by then, and a while is given to the streams that it goes to.</summary>
public sealed class PublishWaitsTests
{
    [Fact]
    public async Task A_publish_is_answered_when_its_event_is_on_its_way_to_the_streams()
    {
        var dispatch = new Gate();
        await using TestApp app = await StartAsync(dispatch, options: null);

        Task<string> publish = app.PublishAsync("news", "hi");
        await dispatch.Reached;
        for (int i = 0; i < 50; i++)
        {
            // Time enough for an answer that is on its way.
            using HttpResponseMessage other = await app.Client.GetAsync("/nowhere", TestApp.Cancellation);
        }

        bool isAnswered = publish.IsCompleted;
        dispatch.Open(); // before anything is asserted: an app whose log is held does not end

        Assert.False(isAnswered);
        Assert.StartsWith("#", await publish, StringComparison.Ordinal); // the app's clock stands still
    }

    [Fact]
    public async Task A_publish_is_answered_all_the_same_when_the_streams_cannot_be_served()
    {
        var dispatch = new Gate();
        await using TestApp app = await StartAsync(dispatch, options => options.PublishTimeout = TimeSpan.FromMinutes(10));

        Task<HttpResponseMessage> publish = app.PublishAsync(("topic", "news"), ("data", "hi"));
        await dispatch.Reached;
        while (!publish.IsCompleted)
        {
            // In between the app gets on with what it has to do: only the wait for the streams is to run out, not the one for the log.
            using HttpResponseMessage other = await app.Client.GetAsync("/nowhere", TestApp.Cancellation);
            app.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        dispatch.Open();
        using HttpResponseMessage response = await publish;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_publish_is_answered_as_soon_as_it_is_stored_where_that_is_asked_for()
    {
        var dispatch = new Gate();
        await using TestApp app = await StartAsync(dispatch, options => options.PublishWaitsForStreams = TimeSpan.Zero);

        string id = await app.PublishAsync("news", "hi");
        dispatch.Open();

        Assert.StartsWith("#", id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_publish_is_answered_as_soon_as_it_is_stored_where_several_nodes_share_the_log()
    {
        var dispatch = new Gate();
        var entries = new MemoryNodeEntries(new FakeTimeProvider());
        await using TestApp app = await StartAsync(dispatch, options: null, services => services.AddSingleton<INodeEntries>(entries));

        string id = await app.PublishAsync("news", "hi");
        dispatch.Open();

        Assert.StartsWith("#", id, StringComparison.Ordinal);
    }

    private static Task<TestApp> StartAsync(Gate dispatch, Action<TidingsOptions>? options, Action<IServiceCollection>? services = null) => TestApp.StartAsync(
        options,
        build: builder =>
        {
            builder.Services.AddSingleton<IEventLog>(new HookedLog(new InMemoryEventLog()) { BeforeDispatch = _ => dispatch.PassAsync() });
            services?.Invoke(builder.Services);
        });
}
