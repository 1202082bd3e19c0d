<?php
// Publishes with Symfony's component as an app of it does. Argument: JSON with the hub's url, the secret, and the updates; prints the id of each.
use Symfony\Component\Mercure\Exception\RuntimeException;
use Symfony\Component\Mercure\Hub;
use Symfony\Component\Mercure\Jwt\CallableTokenProvider;
use Symfony\Component\Mercure\Update;

set_include_path('/usr/share/php');
require 'Symfony/Component/Mercure/autoload.php';

$asked = json_decode($argv[1], true, 16, JSON_THROW_ON_ERROR);

// Debian has no lcobucci/jwt, with which the component's own factory signs.
$token = new CallableTokenProvider(static function () use ($asked): string {
    $encode = static fn (string $part): string => rtrim(strtr(base64_encode($part), '+/', '-_'), '=');
    $signed = $encode('{"typ":"JWT","alg":"HS256"}').'.'.$encode(json_encode(['mercure' => ['publish' => $asked['publish']], 'exp' => time() + 60]));

    return $signed.'.'.$encode(hash_hmac('sha256', $signed, $asked['secret'], true));
});
$hub = new Hub($asked['url'], $token);
try {
    foreach ($asked['updates'] as $update) {
        echo $hub->publish(new Update(
            $update['topics'],
            $update['data'],
            $update['private'] ?? false,
            $update['id'] ?? null,
            $update['type'] ?? null,
            $update['retry'] ?? null,
        )), "\n";
    }
} catch (RuntimeException $refused) {
    fwrite(STDERR, $refused->getPrevious()->getMessage());
    exit(1);
}
