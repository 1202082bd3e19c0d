using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Tidings;

namespace Showcase;

/// <summary>
/// A match that goes on by itself, a minute a second, and a poll on its end. Each event holds the whole state as everybody may see it: a page shows the newest one, and nothing
/// can be counted twice.
/// </summary>
internal static class Match
{
    private const int MostVoters = 1000;
    private const string VoterCookie = "voter";
    private const string EventType = "match";

    /// <summary>Whoever comes later needs the newest event only.</summary>
    public static TopicRetention Retention { get; } = new() { Matcher = "match", Keep = Keep.Latest };

    public static void AddMatch(this IServiceCollection services)
    {
        services.AddLiveState("match", MatchState.KickOff(number: 1));
        services.AddHostedService<MatchClock>();
    }

    public static void MapMatch(this WebApplication app)
    {
        RouteGroupBuilder match = app.MapGroup("/match").WithMetadata(Input.SmallBody);
        match.MapEventStream("/events", (LiveState<MatchState> live) => live.Topic);
        match.MapGet("/state", ReadAsync);
        match.MapPut("/vote", VoteAsync);
        app.ShowOnIndex("match", (LiveState<MatchState> live) => new Figure(live.Current.Votes.Count, $"{live.Current.Votes.Count} votes"));
    }

    public static Change<MatchState> Tell(MatchState state) =>
        new(state, new ServerEvent(JsonSerializer.Serialize(PublicOf(state), JsonSerializerOptions.Web), EventType));

    private static async Task<IResult> ReadAsync(HttpContext context, LiveState<MatchState> live, CancellationToken leaving)
    {
        if (context.Request.Cookies[VoterCookie] is not { Length: > 0 } voter)
        {
            voter = RandomNumberGenerator.GetHexString(32, lowercase: true);
            context.Response.Cookies.Append(
                VoterCookie, voter, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/match", MaxAge = TimeSpan.FromDays(365) });
        }

        (MatchState state, string cursor) = await live.ReadAsync(leaving);
        return TypedResults.Ok(new { match = PublicOf(state), yours = state.Votes.TryGetValue(voter, out int option) ? option : (int?)null, cursor });
    }

    private static async Task<IResult> VoteAsync(Ballot ballot, HttpRequest request, LiveState<MatchState> live)
    {
        if (request.Cookies[VoterCookie] is not { Length: 32 } voter)
        {
            return Input.Problem("Votes are counted by a cookie, one for each visitor, and there is none. Reload the page, and allow cookies.");
        }

        if (ballot.Option is not (>= 0 and < MatchState.Options))
        {
            return Input.Problem($"The option is a number from 0 to {MatchState.Options - 1}.");
        }

        IResult? problem = null;
        await live.ChangeAsync(state =>
        {
            problem = state.Number != ballot.Match || state.IsOver ? Input.Problem("That match is over, and its poll is closed.", StatusCodes.Status409Conflict)
                : state.Votes.Count >= MostVoters && !state.Votes.ContainsKey(voter) ? Input.Problem($"The poll is full: {MostVoters} votes are the most.", StatusCodes.Status409Conflict)
                : null;

            // Set, not added: whoever changes their mind still has one vote.
            return problem is null ? Tell(state with { Votes = state.Votes.SetItem(voter, ballot.Option) }) : null;
        });
        return problem ?? TypedResults.NoContent();
    }

    // Who has voted is nobody's business: only the sums leave the server.
    private static object PublicOf(MatchState state) => new
    {
        state.Number,
        state.Home,
        state.Away,
        state.Minute,
        state.IsOver,
        state.HomeGoals,
        state.AwayGoals,
        state.Lines,
        votes = Enumerable.Range(0, MatchState.Options).Select(option => state.Votes.Values.Count(vote => vote == option)),
    };

    /// <param name="Match">The number of the match that was seen.</param>
    /// <param name="Option">0 for the home team, 1 for a draw, 2 for the away team.</param>
    private sealed record Ballot(int Match, int Option);
}

/// <summary>The match and its poll; the votes by the visitors' cookies.</summary>
internal sealed record MatchState(
    int Number, string Home, string Away, int Minute, int Break, int HomeGoals, int AwayGoals, ImmutableList<MatchLine> Lines, ImmutableDictionary<string, int> Votes)
{
    public const int Options = 3;

    private const int LastMinute = 90;
    private const int LongestBreak = 20;
    private static readonly string[] Teams = ["Port Anna", "Saltmarsh", "North Quay", "Gull Rock", "Lower Sands", "Whitecap"];

    public bool IsOver => Minute >= LastMinute;

    public static MatchState KickOff(int number)
    {
        string home = Teams[number % Teams.Length];
        string away = Teams[(number + 1 + (number / Teams.Length % (Teams.Length - 1))) % Teams.Length]; // 1 to 5 places further: never the same.
        return new MatchState(number, home, away, Minute: 0, Break: 0, HomeGoals: 0, AwayGoals: 0, [new MatchLine(0, "Kick-off")], ImmutableDictionary<string, int>.Empty);
    }

    /// <summary>A minute later: perhaps a goal; after the end a break, then the next match.</summary>
    public MatchState Next()
    {
        if (IsOver)
        {
            return Break < LongestBreak ? this with { Break = Break + 1 } : KickOff(Number + 1);
        }

        MatchState next = this with { Minute = Minute + 1 };
        next = Random.Shared.Next(100) switch
        {
            < 2 => next.Tell($"Goal for {Home}") with { HomeGoals = HomeGoals + 1 },
            < 4 => next.Tell($"Goal for {Away}") with { AwayGoals = AwayGoals + 1 },
            4 => next.Tell($"{Home} hit the post"),
            5 => next.Tell($"{Away} hit the post"),
            _ => next,
        };
        return next.Minute switch
        {
            LastMinute / 2 => next.Tell("Half-time"),
            LastMinute => next.Tell("Full time"),
            _ => next,
        };
    }

    private MatchState Tell(string what) => this with { Lines = Lines.Add(new MatchLine(Minute, what)) };
}

internal sealed record MatchLine(int Minute, string What);

/// <summary>Lets the match go on: from where it stood when the server stopped.</summary>
internal sealed class MatchClock(LiveState<MatchState> live, TimeProvider time, Pace pace) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(pace.Seconds(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await live.ChangeAsync(state => Match.Tell(state.Next()));
            }
            catch (PublishException)
            {
                // The log is busy, or the app stops: the minute is played later.
            }
        }
    }
}
