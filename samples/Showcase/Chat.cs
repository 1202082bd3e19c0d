using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// A chat: users join with a name, write and leave. Closing the window is leaving, too: the end of the stream tells it. Each user has an address of their own, and a cookie
/// for it alone, so that nobody can write in another's name, and two windows of one browser can be two users.
/// </summary>
internal static class Chat
{
    private const int LongestName = 30;
    private const int LongestText = 500;
    private const int MostUsers = 50;
    private const string KeyCookie = "chat-key";

    public static void AddChat(this IServiceCollection services)
    {
        services.AddLiveState("chat", new ChatRoom([], []));
        services.AddSingleton<ChatPresence>();
        services.AddHostedService(provider => provider.GetRequiredService<ChatPresence>());
    }

    public static void MapChat(this WebApplication app)
    {
        RouteGroupBuilder users = app.MapGroup("/chat/users").WithMetadata(Input.SmallBody);
        users.MapPost("", JoinAsync);
        users.MapGet("/{id}", ReadAsync);
        users.MapPost("/{id}/messages", WriteAsync);
        users.MapDelete("/{id}", async (string id, HttpRequest request, LiveState<ChatRoom> room, TimeProvider time) =>
        {
            if (Find(room, id, request) is not null)
            {
                await LeaveAsync(room, id, time);
            }
        });
        users.MapEventStream("/{id}/events", (string id, HttpContext context, LiveState<ChatRoom> room, ChatPresence presence) =>
        {
            if (Find(room, id, context.Request) is null)
            {
                return EventStream.Over; // No error: after that a browser would give up as well, but the page could not tell why.
            }

            context.Response.RegisterForDispose(presence.Enter(id)); // Disposed when the stream ends, for whatever reason.
            return EventStream.Of(room.Topic);
        });
        app.ShowOnIndex("chat", (LiveState<ChatRoom> room) => new Figure(room.Current.Users.Count, $"{room.Current.Users.Count} here now"));
    }

    public static Task LeaveAsync(LiveState<ChatRoom> room, string id, TimeProvider time) => room.ChangeAsync(state =>
        state.Users.Find(user => user.Id == id) is { } user
            ? Tell(state with { Users = state.Users.Remove(user) }, "userdisconnect", user.Name, time)
            : null);

    private static async Task<IResult> JoinAsync(Joining joining, HttpResponse response, LiveState<ChatRoom> room, TimeProvider time)
    {
        if (!Input.TryRead(joining.Name, "The name", LongestName, out string name, out IResult? problem))
        {
            return problem;
        }

        var user = new ChatUser(RandomNumberGenerator.GetHexString(16, lowercase: true), name, RandomNumberGenerator.GetHexString(32, lowercase: true));
        await room.ChangeAsync(state =>
        {
            problem = state.Users.Exists(other => string.Equals(other.Name, name, StringComparison.OrdinalIgnoreCase))
                ? Input.Problem($"{name} is here already. Choose another name.", StatusCodes.Status409Conflict)
                : state.Users.Count >= MostUsers
                ? Input.Problem($"The chat is full: {MostUsers} users are the most.", StatusCodes.Status409Conflict)
                : null;
            return problem is null ? Tell(state with { Users = state.Users.Add(user) }, "userconnect", name, time) : null;
        });
        if (problem is null)
        {
            response.Cookies.Append(KeyCookie, user.Key, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Path = $"/chat/users/{user.Id}" });
        }

        return problem ?? TypedResults.Ok(new { user.Id });
    }

    private static async Task<IResult> ReadAsync(string id, HttpRequest request, LiveState<ChatRoom> room, CancellationToken leaving)
    {
        if (Find(room, id, request) is not { } me)
        {
            return Input.Problem("You are not in the chat.", StatusCodes.Status403Forbidden);
        }

        (ChatRoom state, string cursor) = await room.ReadAsync(leaving);
        return TypedResults.Ok(new { me.Name, users = state.Users.Select(user => user.Name), state.Lines, cursor });
    }

    private static async Task<IResult> WriteAsync(string id, Writing writing, HttpRequest request, LiveState<ChatRoom> room, TimeProvider time)
    {
        if (Find(room, id, request) is not { } me)
        {
            return Input.Problem("You are not in the chat.", StatusCodes.Status403Forbidden);
        }

        if (!Input.TryRead(writing.Text, "The message", LongestText, out string text, out IResult? problem))
        {
            return problem;
        }

        await room.ChangeAsync(state => Tell(state, "usermessage", me.Name, time, text));
        return TypedResults.NoContent();
    }

    /// <summary>What has happened becomes the newest line of the room, and the event that all windows receive: the one who wrote, too.</summary>
    private static Change<ChatRoom> Tell(ChatRoom room, string type, string name, TimeProvider time, string? text = null)
    {
        var line = new ChatLine(type, name, text, time.GetUtcNow());
        return new Change<ChatRoom>(room.With(line), new ServerEvent(JsonSerializer.Serialize(line, JsonSerializerOptions.Web), type));
    }

    private static ChatUser? Find(LiveState<ChatRoom> room, string id, HttpRequest request) =>
        room.Current.Users.Find(user => user.Id == id && HasKey(request, user.Key));

    private static bool HasKey(HttpRequest request, string key) =>
        request.Cookies[KeyCookie] is { } shown && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(shown), Encoding.UTF8.GetBytes(key));

    private sealed record Joining(string? Name);

    private sealed record Writing(string? Text);
}

/// <summary>Who is in the room, and the newest of what has happened there.</summary>
internal sealed record ChatRoom(ImmutableList<ChatUser> Users, ImmutableList<ChatLine> Lines)
{
    private const int MostLines = 100;

    public ChatRoom With(ChatLine line) => this with { Lines = (Lines.Count < MostLines ? Lines : Lines.RemoveAt(0)).Add(line) };
}

/// <param name="Id">Part of the user's address.</param>
/// <param name="Name">What others see.</param>
/// <param name="Key">The cookie by which the user is known.</param>
internal sealed record ChatUser(string Id, string Name, string Key);

internal sealed record ChatLine(string Type, string Name, string? Text, DateTimeOffset At);
