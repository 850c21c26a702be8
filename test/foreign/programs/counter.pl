# Counts its requests from where the init container began, and tells what its pod was given.
use strict;
use warnings;
use IO::Socket::INET;

sub content { my ($path) = @_; open my $file, '<', $path or return "none"; local $/; my $text = <$file>; chomp $text; return $text }

my $door = IO::Socket::INET->new(LocalPort => 8000, Listen => 64, ReuseAddr => 1) or die "no port: $!";
my $count = content('/var/count/now');
$| = 1;
print "counting from $count\n";
while (my $peer = $door->accept) {
  my $line = <$peer> // '';
  while (my $field = <$peer>) { last if $field =~ /^\r?$/ }
  my ($path) = $line =~ m{^\S+ (\S+)};
  $count++ unless ($path // '') eq '/ready';
  my $body = "counter by perl: $ENV{WORD} $count from $ENV{POD_IP}\n";
  $body = join('', map { "$_\n" } "$ENV{COUNTER_start} $ENV{COUNTER_word}", content('/etc/weft-foreign/flavour'),
    content('/etc/weft-foreign/deep/page.html'), content('/etc/weft-foreign/labels')) if ($path // '') eq '/about';
  print $peer "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
  close $peer;
}
