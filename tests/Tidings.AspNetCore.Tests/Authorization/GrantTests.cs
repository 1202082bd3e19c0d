using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tidings.AspNetCore.Tests.Authorization;

public sealed class GrantTests
{
    private const string Detail = "https://mercure.rocks/authorization-detail";

    private static readonly GrantReader Reader = NewReader();

    [Fact]
    public void A_publisher_needs_a_grant_for_every_topic_and_a_receiver_for_one()
    {
        HubGrants grants = Read(("authorization_details", $$"""[{"type":"{{Detail}}","actions":["publish","subscribe"],"topics":[{"match":"a"},{"match":"b","match_type":"exact"}]}]"""));

        Assert.True(grants.CanPublish(["a", "b"]));
        Assert.False(grants.CanPublish(["a", "c"]));
        Assert.False(grants.CanPublish([]));
        Assert.True(grants.CanReceivePrivate(["c", "b"]));
        Assert.False(grants.CanReceivePrivate(["c"]));
    }

    [Fact]
    public void Each_action_is_granted_for_itself()
    {
        HubGrants grants = Read(("authorization_details", $$"""[{"type":"{{Detail}}","actions":["publish","fly"],"topics":[{"match":"a"}]},{"type":"{{Detail}}","actions":["subscribe"],"topics":[{"match":"b"}]}]"""));

        Assert.True(grants.CanPublish(["a"]) && !grants.CanPublish(["b"]));
        Assert.True(grants.CanReceivePrivate(["b"]) && !grants.CanReceivePrivate(["a"]));
    }

    [Fact]
    public void Details_may_come_as_one_claim_each_as_JwtBearer_makes_them()
    {
        HubGrants grants = Read(
            ("authorization_details", $$"""{"type":"{{Detail}}","actions":["publish"],"topics":[{"match":"a"}]}"""),
            ("authorization_details", """{"type":"payment_initiation"}"""),
            ("authorization_details", $$"""{"type":"{{Detail}}","actions":["publish"],"topics":[{"match":"b"}]}"""));

        Assert.True(grants.CanPublish(["a", "b"]));
        Assert.Equal(Dialect.Current, grants.Dialect);
    }

    [Theory]
    [InlineData("authorization_details", "{}")]
    [InlineData("authorization_details", "no json")]
    [InlineData("authorization_details", """[{"type":"https://mercure.rocks/authorization-detail","actions":["publish"],"topics":["*"]}]""")]
    [InlineData("mercure", "[]")]
    [InlineData("mercure", """{"publish":"*"}""")]
    [InlineData("https://mercure.rocks/", "7")]
    public void Malformed_claims_grant_nothing_at_all(string name, string value) => Assert.False(Reader.TryRead(User((name, value)), out _));

    [Fact]
    public void A_claim_of_0_x_beside_details_of_1_0_does_not_count()
    {
        HubGrants grants = Read(("authorization_details", "[]"), ("mercure", """{"publish":["*"]}"""));
        Assert.False(grants.CanPublishAnything);
    }

    [Fact]
    public void The_claim_of_0_x_grants_by_lists_of_selectors()
    {
        HubGrants grants = Read(("mercure", """{"publish":["a"],"subscribe":["*",""],"payload":[1]}"""));

        Assert.True(grants.CanPublish(["a"]) && !grants.CanPublish(["b"]));
        Assert.True(grants.CanReceivePrivate(["whatever"]));
        Assert.Equal(Dialect.Legacy, grants.Dialect);
        Assert.Equal("[1]", grants.PayloadFor("anything")!.Value.GetRawText());
    }

    [Fact]
    public void The_payload_is_that_of_the_first_detail_that_selects_the_matcher()
    {
        HubGrants grants = Read(("authorization_details", $$$"""
            [{"type":"{{{Detail}}}","actions":["publish"],"topics":[{"match":"a"}],"payload":{"n":0}},
             {"type":"{{{Detail}}}","actions":["subscribe"],"topics":[{"match":"a"}],"payload":{"n":1}},
             {"type":"{{{Detail}}}","actions":["subscribe"],"topics":[{"match":"b"}]},
             {"type":"{{{Detail}}}","actions":["subscribe"],"topics":[{"match":"*"}],"payload":{"n":2}}]
            """));

        Assert.Equal("""{"n":1}""", grants.PayloadFor("a")?.GetRawText());
        Assert.Null(grants.PayloadFor("b"));
        Assert.Equal("""{"n":2}""", grants.PayloadFor("c")?.GetRawText());
        Assert.Equal("""{"n":2}""", grants.PayloadFor("*")?.GetRawText());
    }

    [Fact]
    public void Nobody_in_particular_has_no_grants()
    {
        Assert.True(Reader.TryRead(new ClaimsPrincipal(new ClaimsIdentity([new Claim("mercure", """{"publish":["*"]}""")])), out HubGrants? grants));
        Assert.False(grants.IsAuthenticated);
        Assert.False(grants.CanPublishAnything);
    }

    [Fact]
    public void A_rule_of_the_app_adds_to_what_the_token_grants()
    {
        GrantReader reader = NewReader(
            new GrantRule(user => [TopicGrant.ToSubscribe(TopicMatcher.Exact($"users/{user.FindFirst("sub")?.Value}"))]),
            new GrantRule(_ => [new TopicGrant(TopicActions.Publish, [TopicMatcher.Exact("chat")], JsonSerializer.SerializeToElement(1))]));

        Assert.True(reader.TryRead(User(("sub", "alice")), out HubGrants? grants));
        Assert.True(grants.CanReceivePrivate(["users/alice"]) && !grants.CanReceivePrivate(["users/bob"]) && grants.CanPublish(["chat"]));
        Assert.Null(grants.Dialect);
    }

    [Fact]
    public void The_subject_of_two_issuers_is_never_the_same()
    {
        Assert.NotEqual(Read(("iss", "a"), ("sub", "bc")).Subject, Read(("iss", "ab"), ("sub", "c")).Subject);
        Assert.NotEqual(Read(("iss", "1:a"), ("sub", "")).Subject, Read(("sub", "3:1:a")).Subject);
        Assert.Equal(Read(("iss", "a"), ("sub", "b")).Subject, Read(("sub", "b"), ("iss", "a"), ("jti", "x")).Subject);
    }

    [Fact]
    public void The_end_of_the_rights_is_that_of_the_token()
    {
        Assert.Equal(Forge.Now, Read(("exp", Forge.Seconds(0).ToString(CultureInfo.InvariantCulture))).Expires);
        Assert.Null(Read(("exp", "253402300800")).Expires);
        Assert.Null(Read(("sub", "x")).Expires);
    }

    [Theory]
    [InlineData("publish", true, false)]
    [InlineData("subscribe", false, true)]
    [InlineData("everything", false, false)]
    public void The_key_of_publishers_lets_nobody_subscribe_and_the_other_way_round(string actions, bool canPublish, bool canReceive)
    {
        HubGrants grants = Read(("mercure", """{"publish":["*"],"subscribe":["*"]}"""), ("tidings_actions", actions));
        Assert.Equal((canPublish, canReceive), (grants.CanPublish(["a"]), grants.CanReceivePrivate(["a"])));
    }

    private static GrantReader NewReader(params GrantRule[] rules)
    {
        var services = new ServiceCollection();
        services.AddOptions<HubAuthorizationOptions>();
        return new GrantReader(rules, services.BuildServiceProvider().GetRequiredService<IOptionsMonitor<HubAuthorizationOptions>>());
    }

    private static HubGrants Read(params (string Name, string Value)[] claims)
    {
        Assert.True(Reader.TryRead(User(claims), out HubGrants? grants));
        return grants;
    }

    private static ClaimsPrincipal User(params (string Name, string Value)[] claims) =>
        new(new ClaimsIdentity(claims.Select(claim => new Claim(claim.Name, claim.Value)), "test"));
}
